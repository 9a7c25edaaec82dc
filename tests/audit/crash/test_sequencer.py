"""A sequencer that is killed, or not alone, or whose database went back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from audit import conf
from audit.connect import connect
from audit.core.findings import Kind
from audit.core.keys import Kind as KeyKind
from audit.core.tags import Tag
from audit.roles import Role
from audit.signing_keys import make_key
from audit.verifying.verify import verify
from tenancy.testing.database import TestTenants
from tests.audit.appending import append_as, event, stream_of
from tests.audit.entries import events_of
from tests.audit.sequencing import sequence
from tests.audit.verify.conftest import _Kept

_ROOT = Path(__file__).resolve().parents[3]
_PROCESS = """
import sys
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv.pop(1)
import django
django.setup()
from django.core.management import call_command
call_command("audit_sequence", "--json", "--every=0.05")
"""


@contextmanager
def _sequencing() -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    process = subprocess.Popen(
        [sys.executable, "-c", _PROCESS, str(conf.database()["NAME"])],
        cwd=_ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.mark.slow
def test_killed_sequencer_loses_nothing_and_repeats_nothing(log: TestTenants) -> None:
    sequence()
    stop, count = threading.Event(), 0

    def load() -> None:
        nonlocal count
        while not stop.is_set():
            append_as(log.default, *(event() for _ in range(20)))
            count += 20

    stream = stream_of(log.default)
    before = verify(stream=stream).trees[0].size
    thread = threading.Thread(target=load)
    thread.start()
    try:
        for _round in range(3):
            with _sequencing() as process:
                assert process.stdout is not None
                process.stdout.readline()
                time.sleep(0.4)
                process.send_signal(signal.SIGKILL)
    finally:
        stop.set()
        thread.join()
    sequence()

    done = verify(stream=stream)

    assert [each for each in done.all_findings if each.stream == stream] == []
    assert done.trees[0].size == before + count


@pytest.mark.slow
def test_second_sequencer_waits_and_takes_over(log: TestTenants) -> None:
    sequence()
    with _sequencing() as first:
        append_as(log.default)
        assert first.stdout is not None
        assert json.loads(first.stdout.readline())["events"] == 1
        with pytest.raises(CommandError, match="another process leads"):
            call_command("audit_sequence", "--once")
        with _sequencing() as second:
            assert second.stderr is not None
            assert "another process leads" in second.stderr.readline()
            first.kill()
            first.wait()
            append_as(log.default)
            assert second.stdout is not None
            assert json.loads(second.stdout.readline())["events"] == 1


@pytest.fixture
def file_witness(settings: Any, tmp_path: Path) -> Path:
    key = tmp_path / "witness.key"
    make_key(key, "testserver/witness", kind=KeyKind.WITNESS)
    settings.AUDIT = {
        **settings.AUDIT,
        "WITNESS_FILE": tmp_path / "witness.sqlite",
        "WITNESS_KEY": key,
    }
    return tmp_path / "witness.sqlite"


def _newest(stream: str) -> tuple[int, str, int]:
    with connect(Role.REVIEWER) as reviewer:
        row = reviewer.execute(
            "SELECT i.number, i.origin, coalesce(max(c.size), 0) FROM audit.incarnation i "
            "JOIN audit.stream s ON s.id = i.stream_id LEFT JOIN audit.checkpoint c "
            "ON c.stream_id = i.stream_id AND c.incarnation = i.number "
            "WHERE s.name = %s GROUP BY 1, 2 ORDER BY 1 DESC LIMIT 1",
            [stream],
        ).fetchone()
    assert row is not None
    return row


@pytest.mark.attack
def test_database_that_was_restored_from_an_older_dump_is_not_signed_for(
    log: TestTenants, superuser: psycopg.Connection[Any], file_witness: Path
) -> None:
    stream = stream_of(log.bystander)
    append_as(log.bystander, *(event() for _ in range(5)))
    sequence()
    number, origin, size = _newest(stream)
    with _Kept(superuser):
        append_as(log.bystander, *(event() for _ in range(3)))
        sequence()
        assert _newest(stream)[2] == size + 3
    # The block put everything back to what it was, as a restore does.
    assert _newest(stream) == (number, origin, size)

    with pytest.raises(CommandError) as caught:
        call_command("audit_sequence", "--once")

    text = f"{origin} has {size} entries, testserver/witness knows {size + 3}"
    assert text in str(caught.value)
    assert _newest(stream) == (number, origin, size)
    kinds = {each.kind for each in verify(stream=stream).all_findings if each.stream == stream}
    assert kinds == {Kind.ROLLED_BACK}

    call_command("audit_sequence", "--new-incarnation", "--once")

    assert _newest(stream) == (number + 1, f"{origin}/{number + 1}", 1)
    opening = events_of(stream)[-1]
    assert (opening.action, opening.rows) == (Tag.INCARNATION_OPENED, 3)
    assert opening.reason.startswith(f"entries {size} to {size + 3} of {origin}, known as ")
    append_as(log.bystander)
    sequence()
    assert _newest(stream)[2] == 2
