"""`make run` before it serves: a taken port, and who stops the server at the end."""

from __future__ import annotations

import fcntl
import socket
from pathlib import Path

import pytest

from konecty_crm import run


def test_run_on_a_taken_port_ends_and_names_another(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))

        status = run.main()

    assert status == 1
    assert f"Port {port} is taken" in capsys.readouterr().out


def test_run_is_the_last_one_only_when_no_other_shares_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with path.open("w") as mine, path.open("w") as other:
        for lock in (mine, other):
            fcntl.flock(lock, fcntl.LOCK_SH)

        with_another = run._is_last(mine)
        fcntl.flock(other, fcntl.LOCK_UN)
        alone = run._is_last(mine)

    assert (with_another, alone) == (False, True)
