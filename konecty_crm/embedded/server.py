"""A PostgreSQL server of the checkout's own, for development and tests.

- Its data is kept in `var/<name>/` between runs; `fast` servers give up durability.
- It listens on a unix socket only, and every login needs a password (SCRAM).
- It runs as an unprivileged account, also when started by root.
- Starting it twice, or by two processes at once, starts one server.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from konecty_crm.embedded import cluster, postmaster
from konecty_crm.embedded.binaries import Binaries, binaries_for
from konecty_crm.embedded.credentials import (
    SUPERUSER,
    make_superuser_password,
    owner_password,
    superuser_password,
)
from konecty_crm.embedded.exceptions import EmbeddedServerError
from konecty_crm.embedded.location import Location, locate, own_folder
from konecty_crm.embedded.lock import exclusive
from konecty_crm.embedded.owner import ensure_database, owner_role
from konecty_crm.embedded.urls import libpq_url

__all__ = ["EmbeddedServer"]

_KEPT = "postgres"


class EmbeddedServer:
    """One server of the checkout at `root`; `EmbeddedServerError` says why it cannot serve.

    `fast` gives up durability, so it has data of its own: `name` is then `postgres-test`.
    """

    def __init__(self, root: Path, *, name: str | None = None, fast: bool = False) -> None:
        self.root = root.resolve()
        self.fast = fast
        self.name = name or (f"{_KEPT}-test" if fast else _KEPT)
        if self.name != Path(self.name).name or self.name in {".", ".."}:
            message = f"refused: server name {self.name!r}. Needed: a plain directory name."
            raise EmbeddedServerError(message)
        if fast and self.name == _KEPT:
            message = f"refused: fast would risk the kept data of {_KEPT!r}. Needed: another name."
            raise EmbeddedServerError(message)

    def start(self) -> None:
        """Make the data directory if missing, start the server, wait until it answers."""
        with self._located() as location:
            has_password = superuser_password(location.folder) is not None
            if has_password and postmaster.answers(location):
                return
            # A server that lives but does not answer has lost its socket.
            postmaster.stop(location)
            binaries = binaries_for(location.account, location.home)
            self._prepare(location, binaries)
            settings = cluster.server_settings(location, binaries, fast=self.fast)
            postmaster.start(location, binaries, settings)

    def stop(self) -> bool:
        """Stop the server, ending its sessions; False if it was not running."""
        with self._located() as location:
            return postmaster.stop(location)

    def is_running(self) -> bool:
        """Whether the server is alive and takes connections."""
        with self._located() as location:
            return postmaster.answers(location)

    def remove(self) -> None:
        """Stop the server and delete its data, its secret and its directories."""
        with self._located() as location:
            postmaster.stop(location)
            for path in (location.sockets, location.home, location.folder):
                if path.exists():
                    shutil.rmtree(path)
            if location.home != location.folder and not any(location.home.parent.iterdir()):
                location.home.parent.rmdir()

    def ensure_owner(self, database: str) -> None:
        """Create `<database>_owner` (no superuser; CREATEROLE, CREATEDB) and its database.

        Raises:
            psycopg.OperationalError: the server is not running.
        """
        superuser = self.superuser_url()
        password = owner_password(self._password(), owner_role(database))
        with exclusive(self._lock):
            ensure_database(superuser, database, password=password)

    def superuser_url(self, database: str = "postgres") -> str:
        """The superuser's URL: for bootstrap and hardening only."""
        return self._url(database, SUPERUSER, self._password())

    def owner_url(self, database: str) -> str:
        """The owner's URL: for migrations and provisioning."""
        role = owner_role(database)
        return self._url(database, role, owner_password(self._password(), role))

    def url(self, database: str) -> str:
        """A database's address without a login."""
        return self._url(database)

    def log_file(self) -> Path:
        """Where the server writes its log."""
        return self._location().log

    def _url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        return libpq_url(self._location().sockets, database, user=user, password=password)

    def _password(self) -> str:
        password = superuser_password(self._lock.parent)
        if password is None:
            message = f"{self._lock.parent} has no server yet. Needed: start() first."
            raise EmbeddedServerError(message)
        return password

    def _prepare(self, location: Location, binaries: Binaries) -> None:
        if not cluster.exists(location):
            password = make_superuser_password(location.folder)
            cluster.create(location, binaries, password=password)
            return
        cluster.check_version(location, binaries)
        if superuser_password(location.folder) is None:
            password = make_superuser_password(location.folder)
            postmaster.clear_after_crash(location)
            cluster.set_superuser_password(location, binaries, password=password)

    @property
    def _lock(self) -> Path:
        return own_folder(self.root, self.name) / "lock"

    def _location(self) -> Location:
        with self._located() as location:
            return location

    @contextmanager
    def _located(self) -> Iterator[Location]:
        with exclusive(self._lock):
            yield locate(self.root, self.name)
