"""The registry: host → tenant and schema → login, asked as a login that can ask but not list.

Answers are kept in this process. A version row, raised by triggers on every change, is polled on
use at most every `REGISTRY_POLL_SECONDS`; when it moved, everything is forgotten. When it cannot
be polled, answers older than `REGISTRY_MAX_AGE_SECONDS` are not used: `RegistryUnavailableError`.

Limit: a change is seen by other processes within the poll interval, not at once.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg
from django.core.signals import setting_changed
from django.dispatch import Signal
from psycopg import sql
from typing_extensions import override

from tenancy import conf
from tenancy.exceptions import RegistryUnavailableError
from tenancy.logins.names import FixedLogin, fixed_login
from tenancy.logins.opening import open_with_any
from tenancy.scopes import Tenant
from tenancy.signals import tenant_changed
from tenancy.sockets import let_go

__all__ = [
    "LoginFacts",
    "Registry",
    "ask",
    "login_of",
    "registry",
    "registry_changed",
    "resolve",
    "server_version",
]

_KEPT_ANSWERS = 10_000
_CONNECT_TIMEOUT_SECONDS = 3
_ANSWER_TIMEOUT_SECONDS = 2.0

registry_changed = Signal()


class LoginFacts(NamedTuple):
    """What is needed to connect as a tenant: its login and the version of its secret."""

    login: str
    secret_version: int


class _Impatient(psycopg.Connection[Any]):
    """A connection whose server must answer in time: one that hangs would hold everybody up."""

    @override
    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(gen, interval, timeout=timeout or _ANSWER_TIMEOUT_SECONDS)


@dataclass
class Registry:
    """One connection as the registry's login, and the answers it gave since the last change."""

    _lock: threading.RLock = field(default_factory=threading.RLock)
    _connection: psycopg.Connection[Any] | None = None
    _answers: dict[tuple[str, tuple[Any, ...]], list[tuple[Any, ...]]] = field(
        default_factory=dict
    )
    _version: int | None = None
    _polled_at: float = float("-inf")
    _confirmed_at: float = float("-inf")
    _failed_at: float = float("-inf")

    def ask(self, function: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows of `platform.function(arguments)`, kept until the registry changes.

        Raises:
            RegistryUnavailableError: it could not be asked, or not confirmed for too long.
        """
        self._confirm()
        # Taken before the question: what is answered while another thread sees a change goes into
        # the dict that is forgotten with it, never into the new one.
        answers = self._answers
        key = (function, tuple(arguments))
        rows = answers.get(key)
        if rows is None:
            rows = self._query(function, arguments)
            if len(answers) >= _KEPT_ANSWERS:
                answers.clear()
            answers[key] = rows
        return list(rows)

    def knows(self, function: str, arguments: Sequence[Any]) -> bool:
        """Whether `ask` would answer from memory, without waiting for the server."""
        return self.is_fresh() and (function, tuple(arguments)) in self._answers

    def is_fresh(self) -> bool:
        """Whether an answer can be given now without asking the server for the version."""
        return time.monotonic() - self._polled_at < conf.tenancy().registry_poll_seconds

    def server_version(self) -> int:
        """PostgreSQL's version number."""
        with self._lock:
            return self._connected().info.server_version

    def close(self) -> None:
        """Close the connection and forget every answer."""
        with self._lock:
            connection, self._connection = self._connection, None
            self._forget()
        if connection is not None:
            connection.close()

    def after_fork(self) -> None:
        """In a forked child: let go of the parent's connection without a byte on its socket."""
        inherited, self._connection = self._connection, None
        self._lock = threading.RLock()
        self._forget()
        if inherited is not None and not inherited.closed:
            let_go(inherited.fileno())

    def expire(self) -> None:
        """Ask for the version before the next answer: this process has changed something."""
        self._polled_at = float("-inf")

    def _forget(self) -> None:
        self._answers = {}
        self._version = None
        self._polled_at = self._confirmed_at = self._failed_at = float("-inf")

    def _confirm(self) -> None:
        if self.is_fresh():
            return
        asked_at = time.monotonic()
        with self._lock:
            if self.is_fresh():
                return
            now = time.monotonic()
            try:
                version = self._polled_version(asked_at)
            except RegistryUnavailableError:
                # The clock again: the failed try may have taken seconds.
                age = time.monotonic() - self._confirmed_at
                if age > conf.tenancy().registry_max_age_seconds:
                    self._answers = {}
                    raise
                return
            changed = self._version is not None and version != self._version
            if version != self._version:
                self._answers = {}
            self._version, self._polled_at, self._confirmed_at = version, now, now
        if changed:
            registry_changed.send(sender=Registry)

    def _polled_version(self, asked_at: float) -> int:
        # Those who waited for a try that failed do not each begin another.
        if self._failed_at > asked_at:
            message = "the registry cannot be asked: it could not while this call waited."
            raise RegistryUnavailableError(message)
        try:
            return int(self._query("registry_version", ())[0][0])
        except RegistryUnavailableError:
            self._failed_at = time.monotonic()
            raise

    def _query(self, function: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        statement = sql.SQL("SELECT * FROM {}.{}({})").format(
            sql.Identifier(conf.platform_schema()),
            sql.Identifier(function),
            sql.SQL(", ").join(sql.Placeholder() * len(arguments)),
        )
        with self._lock:
            for last_try in (False, True):
                try:
                    return self._connected().execute(statement, arguments).fetchall()
                except psycopg.OperationalError as error:
                    self._drop_connection()
                    if last_try:
                        message = "the registry cannot be asked: no connection to the database."
                        raise RegistryUnavailableError(message) from error
        raise AssertionError  # pragma: no cover -- the loop returns or raises

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = _open()
        return self._connection

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


@functools.cache
def registry() -> Registry:
    """The one registry client of this process."""
    return Registry()


def ask(function: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """The rows of one of the registry's functions (`TENANCY["REGISTRY_FUNCTIONS"]`).

    Raises:
        RegistryUnavailableError: the registry cannot be asked.
    """
    return registry().ask(function, arguments)


def resolve(host: str) -> Tenant | None:
    """The active tenant of a host name, or None: unknown, suspended and half-deleted are one.

    Raises:
        RegistryUnavailableError: the registry cannot be asked.
    """
    rows = ask("resolve", host)
    if not rows:
        return None
    schema_name, pk, fields = rows[0]
    return Tenant(schema_name=schema_name, pk=pk, fields=MappingProxyType(fields or {}))


def login_of(schema_name: str) -> LoginFacts | None:
    """The login of an active tenant, or None.

    Raises:
        RegistryUnavailableError: the registry cannot be asked.
    """
    rows = ask("resolve_schema", schema_name)
    if not rows:
        return None
    return LoginFacts(login=rows[0][0], secret_version=rows[0][1])


def server_version() -> int:
    """PostgreSQL's version number (170010 is 17.10).

    Raises:
        RegistryUnavailableError: the registry cannot be asked.
    """
    return registry().server_version()


def _open() -> psycopg.Connection[Any]:
    database = conf.database()
    name, keys = str(database["NAME"]), conf.tenancy().master_keys
    login = fixed_login(name, FixedLogin.REGISTRY)
    given: dict[str, Any] = {
        "dbname": name,
        "host": database["HOST"] or None,
        "port": database["PORT"] or None,
        "user": login,
        "autocommit": True,
        "prepare_threshold": None,
        "connect_timeout": _CONNECT_TIMEOUT_SECONDS,
        "tcp_user_timeout": _CONNECT_TIMEOUT_SECONDS * 1_000,
    }
    try:
        return open_with_any(
            keys.passwords(database=name, login=login),
            lambda password: _Impatient.connect(**given, password=password),
        )
    except psycopg.OperationalError as error:
        message = "the registry cannot be asked: its login could not connect."
        raise RegistryUnavailableError(message) from error


def _after_fork() -> None:
    if registry.cache_info().currsize:
        registry().after_fork()


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in {"TENANCY", "DATABASES"} and registry.cache_info().currsize:
        registry().close()


os.register_at_fork(after_in_child=_after_fork)
setting_changed.connect(_forget, dispatch_uid="tenancy.registry")
tenant_changed.connect(
    lambda **_kwargs: registry().expire(), weak=False, dispatch_uid="tenancy.registry"
)
