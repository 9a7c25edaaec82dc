"""The operating-system account that the server's processes run as.

PostgreSQL refuses to run as root. Under root every process of the server starts with its ids
dropped to an unprivileged account; otherwise it runs as the user who started it. Root writes
inside the server's own directories only through that account, so that a link planted there
cannot lead root elsewhere.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from konecty_crm.embedded.exceptions import EmbeddedServerError

__all__ = ["Account", "account_for"]

_UNPRIVILEGED = ("postgres", "nobody")


class _Ids(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user and group of the operating system."""

    uid: int
    gid: int

    @property
    def ids(self) -> _Ids:
        """Arguments for `subprocess`: empty if this process already has these ids."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def run(
        self,
        *command: str | Path,
        text: str = "",
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, with `text` on its standard input.

        Raises:
            OSError: the account cannot execute the command.
        """
        # Why cwd: a child that inherits a directory closed to it cannot find its own files.
        return subprocess.run(  # noqa: S603 -- fixed programs, no shell text from outside
            command,
            input=text,
            env=environment or environment_of_server(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **self.ids,
        )

    def can_write_in(self, directory: Path) -> bool:
        """Whether the account reaches a directory and may create files in it."""
        script = 'cd "$1" && test -w . -a -x .'
        return self.run("/bin/sh", "-c", script, "sh", directory).returncode == 0

    def can_reach(self, directory: Path) -> bool:
        """Whether the account may enter a directory, through all its parents."""
        return self.run("/bin/sh", "-c", 'cd "$1"', "sh", directory).returncode == 0

    def can_execute(self, program: Path) -> bool:
        """Whether the account can run a program together with the libraries beside it."""
        try:
            return self.run(program, "--version").returncode == 0
        except OSError:
            return False

    def write(self, path: Path, text: str) -> None:
        """Write a file with mode 0600 as the account.

        Raises:
            EmbeddedServerError: the account cannot write there.
        """
        done = self.run("/bin/sh", "-c", 'umask 077; cat >"$1"', "sh", path, text=text)
        if done.returncode != 0:
            message = f"cannot write {path} as uid {self.uid}: {done.stderr.strip()}"
            raise EmbeddedServerError(message)

    def own_directory(self, path: Path) -> None:
        """Make a directory that only this account may enter; its parent must be ours."""
        path.mkdir(mode=0o700, exist_ok=True)
        os.chown(path, self.uid, self.gid, follow_symlinks=False)


def environment_of_server() -> dict[str, str]:
    """The environment of the server's processes: nothing is inherited, above all no PG*."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def account_for(data: Path | None) -> Account:
    """The account to run as: the owner of existing data, else the default of this machine.

    Raises:
        EmbeddedServerError: the data belongs to another user and this process is not root, or
            root has no unprivileged account to use.
    """
    if data is None or not data.exists():
        return _default()
    found = data.stat()
    if os.geteuid() not in {0, found.st_uid}:
        message = (
            f"cannot use the database in {data}: it belongs to uid {found.st_uid}, this is uid "
            f"{os.geteuid()}. Needed: the same user as before, or root."
        )
        raise EmbeddedServerError(message)
    if found.st_uid == 0:
        message = f"cannot use the database in {data}: it belongs to root. Needed: remove it."
        raise EmbeddedServerError(message)
    return Account(uid=found.st_uid, gid=found.st_gid)


def _default() -> Account:
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid())
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    message = (
        "cannot start PostgreSQL as root. Found: none of the accounts "
        f"{', '.join(_UNPRIVILEGED)}. Needed: one of them, or another user than root."
    )
    raise EmbeddedServerError(message)
