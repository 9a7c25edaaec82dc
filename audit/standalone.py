"""`python -m audit.standalone FILE …`: verifies exports and receipts on any machine.

Needs Python, `cryptography` and `audit.core`; no Django, no database, no network. The keys that
count are those given here; a bundle's own word on its keys is not asked.
"""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from audit.core.bundle_check import verify_bundle
from audit.core.checkpoints import Trust, parse_checkpoint
from audit.core.errors import LogError, MalformedError
from audit.core.keys import Kind, VerifierKey
from audit.core.notes import parse_note
from audit.core.receipts import parse_receipt, verify_receipt

__all__ = ["main"]

_LARGEST_BYTES = 1 << 31


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a file is what it says, and in words what was found."""

    file: str
    is_safe: bool
    text: str


def main(arguments: list[str] | None = None) -> int:
    """Verify the files that are named; 0 if all are what they say, 1 if not."""
    options = _parser().parse_args(arguments)
    try:
        keys = [VerifierKey.parse(text) for text in (*options.key, *options.witness)]
    except LogError as error:
        sys.stdout.write(f"NOT verified: {error}\n")
        return 1
    needed = len(options.witness) if options.quorum is None else options.quorum
    found = [_verdict(path, keys, needed) for path in options.file]
    for each in found:
        line = json.dumps(vars(each)) if options.json else f"{each.file}: {each.text}"
        sys.stdout.write(f"{line}\n")
    return 0 if all(each.is_safe for each in found) else 1


def _verdict(path: Path, keys: list[VerifierKey], needed: int) -> Verdict:
    try:
        data = path.read_bytes() if path.is_file() else b""
        is_receipt = data.startswith(b"c2sp.org/tlog-proof@")
        text = _receipt(data, keys, needed) if is_receipt else _bundle(path, keys, needed)
    except (LogError, OSError, zipfile.BadZipFile) as error:
        return Verdict(file=str(path), is_safe=False, text=f"NOT verified: {error}")
    return Verdict(file=str(path), is_safe=not text.startswith("NOT"), text=text)


def _receipt(data: bytes, keys: list[VerifierKey], needed: int) -> str:
    receipt = parse_receipt(data)
    if not receipt.extra:
        raise MalformedError("a receipt", "no entry in it", "its extra data")
    origin = parse_checkpoint(parse_note(receipt.checkpoint).text).origin
    verdict = verify_receipt(receipt, receipt.extra, _trust(origin, keys, needed))
    witnesses = ", ".join(v.key.name for v in verdict.opened.witnessed) or "none"
    return f"verified: entry {verdict.index} of {origin}, witnesses: {witnesses}"


def _bundle(path: Path, keys: list[VerifierKey], needed: int) -> str:
    files = _files(path)
    origin = parse_checkpoint(parse_note(files.get("checkpoint", b"")).text).origin
    verdict = verify_bundle(files, _trust(origin, keys, needed))
    result = verdict.result
    if result.findings:
        lines = "\n  ".join(each.line() for each in result.findings)
        return f"NOT intact: {len(result.findings)} findings\n  {lines}"
    witnesses = ", ".join(v.key.name for v in verdict.opened.witnessed) or "none"
    return (
        f"verified: {result.entries} entries, {result.begin} to {result.end} of "
        f"{verdict.opened.checkpoint.size}, of {origin}, witnesses: {witnesses}"
    )


def _trust(origin: str, keys: list[VerifierKey], needed: int) -> Trust:
    own = tuple(key for key in keys if key.kind is Kind.LOG and key.name == origin)
    witnesses = tuple(key for key in keys if key.kind is Kind.WITNESS)
    return Trust(origin=origin, log_keys=own, witness_keys=witnesses, witnesses_needed=needed)


def _files(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        return {each.name: each.read_bytes() for each in path.iterdir() if each.is_file()}
    with zipfile.ZipFile(path) as archive:
        if sum(each.file_size for each in archive.infolist()) > _LARGEST_BYTES:
            raise MalformedError("a bundle", "more than 2 GB unpacked", "less")
        return {each.filename: archive.read(each) for each in archive.infolist()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m audit.standalone", description=__doc__)
    parser.add_argument("file", nargs="+", type=Path, help="a bundle (directory, .zip) or receipt")
    parser.add_argument(
        "--key", action="append", required=True, help="a verifier key of the log (repeatable)"
    )
    parser.add_argument(
        "--witness", action="append", default=[], help="a verifier key of a witness (repeatable)"
    )
    parser.add_argument("--quorum", type=int, help="how many of them must have signed; all")
    parser.add_argument("--json", action="store_true", help="print verdicts as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
