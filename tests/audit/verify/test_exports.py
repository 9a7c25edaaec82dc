"""Exports and receipts: what leaves proves itself, on a machine without Django."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit import conf
from audit.core.signing import SigningKey
from audit.signing_keys import load_keys
from tenancy.testing.database import TestTenants
from tests.audit.appending import stream_of
from tests.audit.verify.conftest import Log
from tests.audit.witness_process import RunningWitness

_ROOT = Path(__file__).resolve().parents[3]
# Django, psycopg and tenancy cannot be imported there, whatever is installed.
_ALONE = """
import sys
for name in ("django", "psycopg", "tenancy", "httpx", "konecty_crm"):
    sys.modules[name] = None
sys.path.insert(0, sys.argv.pop(1))
from audit.standalone import main
sys.exit(main())
"""


def _key(log: Log) -> str:
    origin = f"testserver/audit/{log.stream}"
    return load_keys(conf.audit())[0].under(origin).verifier().text()


def _standalone(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", _ALONE, str(_ROOT), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


@pytest.fixture
def bundle(written: Log, tmp_path: Path) -> Path:
    out = tmp_path / "bundle"
    begin = str(written.first)
    call_command("audit_export", written.stream, f"--out={out}", f"--from={begin}", "--json")
    return out


@pytest.mark.parametrize("form", ["ndjson", "csv", "ocsf"])
def test_export_verifies_without_django(
    written: Log, watched: RunningWitness, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "bundle.zip"
    call_command("audit_export", written.stream, f"--out={out}", f"--format={form}", "--json")

    status, said = _standalone(str(out), "--key", _key(written), "--witness", watched.verifier)

    assert said == (
        f"{out}: verified: {written.size} entries, 0 to {written.size} of {written.size}, of "
        f"testserver/audit/{written.stream}, witnesses: customer.example/witness\n"
    )
    assert status == 0


def test_part_of_a_tree_verifies(written: Log, bundle: Path) -> None:
    status, said = _standalone(str(bundle), "--key", _key(written))

    assert f"verified: 20 entries, {written.first} to {written.size}" in said
    assert status == 0


def _edit_entry(bundle: Path) -> None:
    path = bundle / "entries.ndjson"
    path.write_bytes(path.read_bytes().replace(b'\\"rows\\":7', b'\\"rows\\":1', 1))


def _edit_entry_and_digest(bundle: Path) -> None:
    from hashlib import sha256  # noqa: PLC0415 -- one case

    _edit_entry(bundle)
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text())
    entries = (bundle / "entries.ndjson").read_bytes()
    manifest["files"]["entries.ndjson"] = sha256(entries).hexdigest()
    path.write_text(json.dumps(manifest))


def _cut(bundle: Path) -> None:
    path = bundle / "entries.ndjson"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


@pytest.mark.attack
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_edit_entry, "entries.ndjson is not what the manifest says"),
        (_edit_entry_and_digest, "the signed"),
        (_cut, "entries.ndjson is not what the manifest says"),
    ],
)
def test_spoiled_export_is_refused(written: Log, bundle: Path, spoil: Any, words: str) -> None:
    spoil(bundle)

    status, said = _standalone(str(bundle), "--key", _key(written))

    assert (status, "NOT verified" in said, words in said) == (1, True, True)


def test_export_signed_by_an_unknown_key_is_refused(written: Log, bundle: Path) -> None:
    stranger = SigningKey.from_seed(f"testserver/audit/{written.stream}", b"x" * 32)

    status, said = _standalone(str(bundle), "--key", stranger.verifier().text())

    assert (status, "NOT verified" in said) == (1, True)


def test_stopped_export_goes_on(written: Log, bundle: Path) -> None:
    whole = (bundle / "entries.ndjson").read_bytes()
    (bundle / "entries.ndjson").write_bytes(whole[: len(whole) // 2])

    begin = str(written.first)
    call_command("audit_export", written.stream, f"--out={bundle}", f"--from={begin}", "--json")

    assert (bundle / "entries.ndjson").read_bytes() == whole
    assert _standalone(str(bundle), "--key", _key(written))[0] == 0


def test_export_into_anothers_place_is_refused(written: Log, bundle: Path) -> None:
    with pytest.raises(CommandError, match="has other entries"):
        call_command("audit_export", written.stream, f"--out={bundle}", "--from=0", "--json")


def test_export_holds_nothing_of_another_stream(
    written: Log, log: TestTenants, tmp_path: Path
) -> None:
    out = tmp_path / "bundle.zip"

    call_command("audit_export", written.stream, f"--out={out}", "--json")

    with zipfile.ZipFile(out) as archive:
        content = b"".join(archive.read(each) for each in archive.namelist())
    assert stream_of(log.default).encode() in content
    assert stream_of(log.twin).encode() not in content
    assert log.default.schema_name.encode() not in content


def test_receipt_verifies_without_django(
    written: Log, watched: RunningWitness, tmp_path: Path
) -> None:
    out = tmp_path / "one.tlog-proof"
    place = [f"--stream={written.stream}", f"--index={written.first + 5}"]
    call_command("audit_receipt", *place, f"--out={out}", "--json")

    status, said = _standalone(str(out), "--key", _key(written), "--witness", watched.verifier)

    assert said == (
        f"{out}: verified: entry {written.first + 5} of testserver/audit/{written.stream}, "
        "witnesses: customer.example/witness\n"
    )
    assert status == 0


@pytest.mark.attack
def test_spoiled_receipt_is_refused(written: Log, tmp_path: Path) -> None:
    out = tmp_path / "one.tlog-proof"
    place = [f"--stream={written.stream}", f"--index={written.first + 5}"]
    call_command("audit_receipt", *place, f"--out={out}", "--json")
    data = out.read_bytes()
    out.write_bytes(data.replace(b"index %d" % (written.first + 5), b"index %d" % written.first))

    status, said = _standalone(str(out), "--key", _key(written))

    assert (status, "NOT verified" in said) == (1, True)
