"""`audit_verify` and `audit_sequence` as an operator and an auditor run them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from audit.connect import connect
from audit.core.findings import Kind
from audit.receipts import newest_note
from audit.roles import Role
from audit.verifying.verify import verify
from tenancy.testing.database import TestTenants
from tests.audit.appending import append_as, event
from tests.audit.entries import Since
from tests.audit.sequencing import sequence
from tests.audit.verify.conftest import Log


def _verify(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    capsys.readouterr()
    call_command("audit_verify", "--json", *options)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_report_can_be_filed(written: Log, capsys: pytest.CaptureFixture[str]) -> None:
    since = Since()

    report = _verify(capsys, f"--stream={written.stream}")

    (tree,) = report["trees"]
    assert (report["verdict"], report["findings"]) == ("intact", [])
    assert report["counts"] == f"{written.size} verified, 0 pruned by policy"
    assert report["verified by"].endswith("audit_verify")
    assert tree["origin"] == f"testserver/audit/{written.stream}"
    assert (tree["entries"], tree["size"], tree["witnesses"]) == (
        written.size,
        written.size,
        "customer.example/witness",
    )
    told = [(each.action, each.reason, each.rows) for each in since.events("platform")]
    assert told == [("log:entries:verified", "intact", written.size)]


def test_processes_side_by_side_see_the_same(
    written: Log, superuser: psycopg.Connection[Any]
) -> None:
    alone = verify(stream=written.stream)
    apart = verify(stream=written.stream, jobs=2, at_once=max(8, written.size // 3))

    assert apart.trees == alone.trees
    superuser.execute("SET session_replication_role = replica")
    superuser.execute(
        "UPDATE audit.event SET reason = 'x' WHERE id = (SELECT max(event_row) "
        "FROM audit.leaf WHERE stream_id = %s)",
        [written.row],
    )
    found = verify(stream=written.stream, jobs=2, at_once=max(8, written.size // 3))
    assert [(each.kind, each.index) for each in found.all_findings] == [
        (Kind.COLUMN_ALTERED, written.size - 1)
    ]


def test_stream_that_is_not_there_is_refused(written: Log) -> None:
    with pytest.raises(CommandError, match="there is no stream"):
        call_command("audit_verify", "--stream=nosuchstream")


def test_second_time_only_what_is_newer_is_read(
    written: Log, log: TestTenants, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state.json"
    first = _verify(capsys, f"--stream={written.stream}", f"--state={state}")
    append_as(log.default, event(), event())
    sequence()

    second = _verify(capsys, f"--stream={written.stream}", f"--state={state}")
    third = _verify(capsys, f"--stream={written.stream}", f"--state={state}")

    entries = [each["trees"][0]["entries"] for each in (first, second, third)]
    assert entries == [written.size, 2, 0]
    assert second["trees"][0]["size"] == written.size + 2


def test_since_a_checkpoint_that_is_not_of_this_history(
    written: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with connect(Role.REVIEWER) as connection:
        _size, note = newest_note(connection, written.row, 1)
    lines = note.decode().split("\n")
    lines[2] = "A" * 43 + "="
    other = tmp_path / "checkpoint"
    other.write_text("\n".join(lines))

    with pytest.raises(SystemExit) as caught:
        call_command("audit_verify", "--json", f"--stream={written.stream}", f"--since={other}")

    report = json.loads(capsys.readouterr().out)
    assert caught.value.code == 1
    assert [line.partition(": ")[2].partition(":")[0] for line in report["findings"]] == ["forked"]


def test_finding_is_exit_status_one(
    written: Log, superuser: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    superuser.execute("SET session_replication_role = replica")
    superuser.execute(
        "UPDATE audit.event SET allowed = false WHERE id = "
        "(SELECT event_row FROM audit.leaf WHERE stream_id = %s AND index = %s)",
        [written.row, written.first + 5],
    )

    with pytest.raises(SystemExit) as caught:
        call_command("audit_verify", f"--stream={written.stream}")

    place = f"{written.stream}/1 index {written.first + 5}"
    assert caught.value.code == 1
    assert f"FOUND  {place}: column altered: allowed" in capsys.readouterr().out


def test_state_that_is_none_is_refused(written: Log, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("[]")

    with pytest.raises(CommandError, match="no state of an earlier verification"):
        call_command("audit_verify", f"--state={state}")


def test_sequence_once_does_what_there_is(
    written: Log, log: TestTenants, capsys: pytest.CaptureFixture[str]
) -> None:
    append_as(log.default, event())
    capsys.readouterr()

    call_command("audit_sequence", "--once", "--json")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["events"], line["waiting_for"]) for line in lines] == [(1, 0), (0, 0)]
