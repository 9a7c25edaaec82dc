"""A websocket belongs to one tenant, from its handshake to its end.

Holds: the host is resolved as a request's is; unknown and suspended hosts, a missing, double or
malformed Host and an Origin of another site get one neutral rejection before anything inner runs;
the scope lasts as long as the socket; a tenant that is suspended loses it at the next message, in
either direction; connections go back to the pool between messages.
Does not hold: for a task that a handler starts and does not await; it shares the connections that
are given back, so it needs `atomic()` or a unit of its own. Platform hosts have no websockets.
Turn it on: `"websocket": TenantSocketMiddleware(AuthMiddlewareStack(URLRouter(…)))`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port

from tenancy import conf, signals
from tenancy.context import tenant_scope
from tenancy.current import current_scope
from tenancy.exceptions import NoTenantError, RegistryUnavailableError, ScopeChangeError
from tenancy.refusals import refused
from tenancy.registry import login_of, registry, resolve
from tenancy.scopes import Scope, Surface, Tenant

__all__ = ["TenantSocketMiddleware"]

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[Any, _Receive, _Send], Awaitable[Any]]
_LONGEST_HOST = 253
_POLICY_VIOLATION = 1008
_TRY_LATER = 1013
_PORTS = {"http": "80", "https": "443"}


class TenantSocketMiddleware:
    """Sets `scope["tenant"]` and runs the socket inside that tenant's scope."""

    def __init__(self, app: _App) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
        """Serve one websocket.

        Raises:
            ValueError: the connection is no websocket.
            ScopeChangeError: the server's task is already in a scope.
        """
        if scope["type"] != "websocket":
            message = f"TenantSocketMiddleware serves websockets; found {scope['type']!r}"
            raise ValueError(message)
        _require_no_scope()
        try:
            tenant = await _tenant_of(scope)
        except RegistryUnavailableError:
            await _reject(receive, send, _TRY_LATER)
            return
        if tenant is None:
            await _reject(receive, send, _POLICY_VIOLATION)
            return
        async with tenant_scope(tenant, surface=Surface.SOCKET) as entered:
            inner = {**scope, "tenant": tenant}
            entered.unit.acts_for(lambda: _actor_of(inner))
            socket = _Socket(entered, tenant, receive, send)
            await self.app(inner, socket.receive, socket.send)


class _Socket:
    """The server's `receive` and `send`, asked for each message whether the tenant still is."""

    def __init__(self, scope: Scope, tenant: Tenant, receive: _Receive, send: _Send) -> None:
        self._scope, self._tenant = scope, tenant
        self._receive, self._send = receive, send

    async def receive(self) -> _Message:
        """The client's next message; a disconnect if the tenant was suspended."""
        await signals.releasing.asend(sender=TenantSocketMiddleware, what="wait for a message")
        _give_back(self._scope)
        message = await self._receive()
        if message["type"] == "websocket.disconnect" or await self._is_active():
            return message
        await self._send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}

    async def send(self, message: _Message) -> None:
        """Send to the client.

        Raises:
            NoTenantError: the tenant was suspended; the socket is closed instead.
        """
        if not await self._is_active():
            await self._send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            text = f"refused: a message to a socket of {self._tenant.id}, which is suspended."
            raise refused(NoTenantError(text, reason="socket:tenant:suspended"))
        await signals.releasing.asend(sender=TenantSocketMiddleware, what="message of a socket")
        await self._send(message)

    async def _is_active(self) -> bool:
        schema = self._tenant.schema_name
        if registry().knows("resolve_schema", [schema]):
            return login_of(schema) is not None
        return await sync_to_async(login_of, thread_sensitive=False)(schema) is not None


def _require_no_scope() -> None:
    left_over = current_scope()
    if left_over is not None:
        message = (
            "refused: a websocket begins a unit of work of its own. "
            f"Found: {left_over.stamp}, left open in this task. Needed: no scope."
        )
        raise refused(ScopeChangeError(message))


def _give_back(scope: Scope) -> None:
    # A socket lives for hours. Between two messages no handler runs, so nothing is in use but
    # what somebody keeps in a transaction.
    for key, session in tuple(scope.unit.sessions.items()):
        if not getattr(session, "in_atomic_block", session.in_transaction):
            scope.unit.sessions.pop(key, None)
            session.release()


async def _tenant_of(scope: dict[str, Any]) -> Tenant | None:
    host = _host_of(scope)
    if host is None or host in conf.tenancy().platform_hosts:
        return None
    if registry().knows("resolve", [host]):
        return resolve(host)
    return await sync_to_async(resolve, thread_sensitive=False)(host)


def _host_of(scope: dict[str, Any]) -> str | None:
    """The host's name as the registry knows it; None if it, or the Origin, cannot be trusted."""
    given, origins = _headers(scope, b"host"), _headers(scope, b"origin")
    if len(given) != 1 or len(origins) != 1:
        return None
    request = HttpRequest()
    request.META = {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in scope.get("headers", ())
    }
    request.META["SERVER_PORT"] = str((scope.get("server") or ("", 80))[1])
    try:
        host = request.get_host()
    except DisallowedHost:
        return None
    name = conf.plain_host(split_domain_port(host)[0])
    return name if len(name) <= _LONGEST_HOST and _is_same_site(origins[0], host) else None


def _headers(scope: dict[str, Any], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope.get("headers", ()) if key == name]


def _is_same_site(origin: str, host: str) -> bool:
    """Whether a browser says that a page of this very host opened the socket (RFC 6455, 10.2)."""
    try:
        parts = urlsplit(origin.lower())
        default = _PORTS[parts.scheme]
        port = str(parts.port or default)
    except (KeyError, ValueError):
        return False
    domain, host_port = split_domain_port(host.lower())
    return (
        bool(domain)
        and split_domain_port(parts.netloc)[0] == domain
        and (port == (host_port or default))
    )


async def _reject(receive: _Receive, send: _Send, code: int) -> None:
    # Before `accept` servers answer a close with 403, for every reason the same.
    await receive()
    await send({"type": "websocket.close", "code": code})


def _actor_of(scope: dict[str, Any]) -> str:
    user = scope.get("user")
    if user is None or not hasattr(user, "_wrapped"):
        return "" if user is None else _named(user)
    wrapped = user._wrapped
    return _named(wrapped) if hasattr(wrapped, "is_authenticated") else ""


def _named(user: Any) -> str:
    return f"user:{user.pk}" if user.is_authenticated else "anonymous"
