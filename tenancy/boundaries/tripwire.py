"""A tripwire under every Python socket: what leaves past `egress` is refused.

Holds, with `TENANCY["EGRESS_TRIPWIRE"] = "scopes"`: inside a tenant's scope nothing connects,
sends a datagram or asks a name server but egress and the configured servers (mail, caches, channel
layers, databases, `EGRESS_ALLOWED`). With `"process"`: the same in the whole process, so also in
threads that have no scope.
Does not hold: for C libraries with sockets of their own (libpq, gRPC, curl), child processes,
local (unix) sockets, connections that were opened before, and the name server's question for a
name given to a socket itself, which Python asks before it tells; put a network rule beside it.
Turn it on: the setting; an audit hook cannot be removed, so it is installed once and asks it.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signals import setting_changed

from tenancy import conf
from tenancy.current import scope_var
from tenancy.exceptions import EgressRefusedError
from tenancy.refusals import refused
from tenancy.scopes import ScopeKind

__all__ = ["MODES", "install", "passing"]

MODES = ("", "scopes", "process")
_CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
# These ask a name server also for what is an address already.
_REVERSE_LOOKUPS = frozenset({"socket.gethostbyaddr", "socket.getnameinfo"})
_WATCHED = _CONNECTS | _LOOKUPS | _REVERSE_LOOKUPS
_LOOK_AGAIN_SECONDS = 30

_passing: ContextVar[bool] = ContextVar("tenancy_egress_passing", default=False)


@contextmanager
def passing() -> Iterator[None]:
    """Let a door's own connection through; for the doors only."""
    token = _passing.set(True)
    try:
        yield
    finally:
        _passing.reset(token)


@functools.cache
def install() -> None:
    """Add the audit hook of this process, once; it does nothing while the setting is empty."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _WATCHED or _passing.get() or not _is_on():
        return
    if event in _LOOKUPS:
        host, port = arguments[0], arguments[1] if len(arguments) > 1 else None
        if _is_local_name(host) or _is_configured(_text(host), port):
            return
        _refuse("name", _text(host))
    if event in _REVERSE_LOOKUPS:
        _look_back(arguments[0])
        return
    connecting, address = arguments
    if not isinstance(address, tuple):  # a unix socket's path, or a connected socket's None
        return
    if _is_configured(str(address[0]), address[1]):
        return
    # The standard library closes it after an OSError only.
    connecting.close()
    _refuse("address", str(address[0]))


def _look_back(asked: Any) -> None:
    host, port = asked[:2] if isinstance(asked, tuple) else (asked, None)
    # getfqdn(): what mail calls this machine, in every message and to every server.
    if _text(host) != socket.gethostname() and not _is_configured(_text(host), port):
        _refuse("name", _text(host))


def _is_on() -> bool:
    mode = conf.tenancy().egress_tripwire
    scope = scope_var.get()
    return mode == "process" or (
        mode != "" and scope is not None and scope.kind is ScopeKind.TENANT
    )


def _is_local_name(host: object) -> bool:
    if host in {None, "", b""} or _text(host) == socket.gethostname():
        return True
    try:
        ipaddress.ip_address(_text(host).partition("%")[0])
    except ValueError:
        return False
    return True  # an address already: nobody is asked


def _text(host: object) -> str:
    return host.decode("latin-1") if isinstance(host, bytes) else str(host)


def _refuse(kind: str, found: str) -> None:
    message = (
        f"refused: a connection past egress. Found: the {kind} {found!r}. "
        "Needed: egress.client(processor, purpose), or the server in TENANCY['EGRESS_ALLOWED']."
    )
    raise refused(EgressRefusedError(message, reason="egress:tripwire:refused"))


def _is_configured(host: str, port: object) -> bool:
    servers = _servers()
    if (host.lower(), _number(port)) in servers or (
        port is None and host.lower() in {name for name, _ in servers}
    ):
        return True
    return (host, _number(port)) in _addresses(int(time.monotonic() / _LOOK_AGAIN_SECONDS))


def _number(port: object) -> int:
    text = _text(port)
    return int(text) if text.isdecimal() else 0


@functools.lru_cache(maxsize=1)
def _addresses(_period: int) -> frozenset[tuple[str, int]]:
    found = set()
    with passing():
        for host, port in _servers():
            try:
                answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except OSError:  # a server without an address is one that nothing connects to
                continue
            found |= {(str(answer[4][0]), port) for answer in answers}
    return frozenset(found)


@functools.cache
def _servers() -> frozenset[tuple[str, int]]:
    found = {_parsed(text) for text in conf.tenancy().egress_allowed}
    found |= set(_mail_servers())
    found |= {
        (str(database["HOST"]), int(database["PORT"] or 5432))
        for database in settings.DATABASES.values()
        if database.get("HOST")
    }
    for cache in settings.CACHES.values():
        found |= set(_urls(cache.get("LOCATION", "")))
    for layer in getattr(settings, "CHANNEL_LAYERS", {}).values():
        found |= set(_urls(_hosts_in(layer.get("CONFIG", {}))))
    return frozenset((host.lower(), port) for host, port in found)


def _mail_servers() -> Iterator[tuple[str, int]]:
    mailers = conf.kept("MAILERS")
    if mailers is None:
        yield conf.kept("EMAIL_HOST"), conf.kept("EMAIL_PORT")
        return
    for mailer in mailers.values():
        options = mailer.get("OPTIONS", {})
        yield options.get("host", "localhost"), int(options.get("port", 25))


def _hosts_in(config: Any) -> list[Any]:
    inner = config.get("inner", {}).get("CONFIG", {}) if isinstance(config, dict) else {}
    return [*config.get("hosts", ()), *inner.get("hosts", ())]


def _urls(given: Any) -> Iterator[tuple[str, int]]:
    for item in [given] if isinstance(given, str | dict) else given:
        server = item.get("address", "") if isinstance(item, dict) else item
        if isinstance(server, tuple):
            yield str(server[0]), int(server[1])
        elif isinstance(server, str) and server.startswith(("redis://", "rediss://")):
            parts = urlsplit(server)
            yield parts.hostname or "localhost", parts.port or 6379


def _parsed(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def _forget(*, setting: str, **kwargs: object) -> None:
    if setting in {"TENANCY", "DATABASES", "CACHES", "CHANNEL_LAYERS", "EMAIL_HOST", "EMAIL_PORT"}:
        _servers.cache_clear()
        _addresses.cache_clear()


setting_changed.connect(_forget, dispatch_uid="tenancy.boundaries.tripwire")
