"""Where a server keeps its files: chosen once, remembered in var/, checked on every use.

1. `var/<name>/` of the checkout holds lock, log, secret and, where the server's account can
   reach it, the data and the socket.
2. If a parent directory is closed to that account, data goes to a directory outside the
   checkout; if the path is too long or unfit for a socket, so does the socket.
3. A directory outside the checkout is trusted only if nobody else can write to it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from konecty_crm.embedded.account import Account, account_for
from konecty_crm.embedded.exceptions import EmbeddedServerError
from konecty_crm.embedded.record import Record

__all__ = ["Location", "locate", "own_folder"]

PORT = 5432

# The shortest `sun_path` of the supported systems (macOS), without its closing zero.
_SOCKET_PATH_BYTES = 103
_SAFE_FOR_SOCKET = re.compile(r"[A-Za-z0-9_./@%+=:-]+")
# initdb quotes paths for a shell in double quotes; these characters end such a quote.
_UNSAFE_FOR_INITDB = re.compile(r'["$`\\\r\n]')
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Location:
    """The directories of one server, and the account that owns data and sockets."""

    folder: Path
    home: Path
    sockets: Path
    account: Account

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.home / "data"

    @property
    def title(self) -> str:
        """What the server's processes carry in their titles: no other server has it."""
        return "konecty-" + _mark(self.data)

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / "server.log"

    @property
    def socket(self) -> Path:
        """The socket file that clients connect to."""
        return self.sockets / f".s.PGSQL.{PORT}"


def own_folder(root: Path, name: str) -> Path:
    """`var/<name>/` of a checkout, made if missing."""
    folder = root / "var" / name
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    return folder


def locate(root: Path, name: str) -> Location:
    """The location of a server; chosen and remembered at the first call, under the caller's lock.

    Raises:
        EmbeddedServerError: existing data cannot be reached, or no directory can be used.
    """
    folder = own_folder(root, name)
    record = Record.read(folder, root)
    home = record.home if record.home is not None and _is_ours(record.home) else None
    if home is None and (folder / "data").exists():
        home = folder
    account = account_for(home / "data" if home is not None else None)
    home = _checked(home, account) if home is not None else _choose_home(folder, root, account)
    sockets = _choose_sockets(home, record.sockets, account)
    Record(home=None if home == folder else home, sockets=_outside(sockets, folder)).write(
        folder, root
    )
    return Location(folder=folder, home=home, sockets=sockets, account=account)


def _outside(path: Path, folder: Path) -> Path | None:
    return None if path.is_relative_to(folder) else path


def _checked(home: Path, account: Account) -> Path:
    data = home / "data"
    if data.exists() and not account.can_write_in(data):
        message = (
            f"cannot use the database in {data}. Found: uid {account.uid}, which the server runs "
            "as, cannot enter it. Needed: its parent directories open to that user (mode o+x), "
            "or the data removed to start anew."
        )
        raise EmbeddedServerError(message)
    return home


def _choose_home(folder: Path, root: Path, account: Account) -> Path:
    if account.can_reach(folder) and not _UNSAFE_FOR_INITDB.search(str(folder)):
        return folder
    home = _outside_home(folder.name, root, account)
    _logger.warning("%s is closed to uid %d: the data is kept in %s", folder, account.uid, home)
    return home


def _outside_home(name: str, root: Path, account: Account) -> Path:
    base = _base_outside()
    home = base / _mark(root) / name
    try:
        home.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError:
        _logger.warning("%s cannot be written: the data goes to a temporary directory", base)
        home = _temporary_directory(Path(tempfile.gettempdir()), 0o755)
    if _is_ours(home) and account.can_reach(home):
        return home
    home = _temporary_directory(Path("/var/tmp"), 0o755)  # noqa: S108 -- private, by mkdtemp
    if account.can_reach(home):
        return home
    message = f"found no directory that uid {account.uid}, which the server runs as, can enter"
    raise EmbeddedServerError(message)


def _mark(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _base_outside() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/konecty")
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "konecty"


def _choose_sockets(home: Path, remembered: Path | None, account: Account) -> Path:
    if remembered is not None and _is_private(remembered, account):
        return remembered
    inside = home / "socket"
    if _fits(inside):
        account.own_directory(inside)
        return inside
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108 -- as above
        if not _fits(Path(parent) / "konecty-12345678"):
            continue
        sockets = _temporary_directory(Path(parent), 0o700)
        os.chown(sockets, account.uid, account.gid)
        if account.can_write_in(sockets):
            return sockets
        sockets.rmdir()
    message = f"found no short directory for a socket that uid {account.uid} can write in"
    raise EmbeddedServerError(message)


def _temporary_directory(parent: Path, mode: int) -> Path:
    path = Path(tempfile.mkdtemp(prefix="konecty-", dir=parent))
    path.chmod(mode)
    return path


def _fits(sockets: Path) -> bool:
    length = len(os.fsencode(sockets / f".s.PGSQL.{PORT}"))
    return length <= _SOCKET_PATH_BYTES and bool(_SAFE_FOR_SOCKET.fullmatch(str(sockets)))


def _is_ours(directory: Path) -> bool:
    return _belongs_to(directory, {0, os.geteuid()})


def _is_private(directory: Path, account: Account) -> bool:
    return _belongs_to(directory, {account.uid}) and _fits(directory)


def _belongs_to(directory: Path, owners: set[int]) -> bool:
    try:
        found = directory.lstat()
    except OSError:
        return False
    closed = not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and found.st_uid in owners and closed
