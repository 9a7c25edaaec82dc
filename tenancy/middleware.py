"""Host → scope, for exactly as long as the request lasts; sync and async.

1. The host is resolved through the registry. An unknown host, a suspended tenant and a
   half-deleted one get the same neutral 404; an unreachable registry gets a 503.
2. The scope is entered before anything inner runs and left on every way out, errors and
   cancelled tasks included.
3. A streamed body keeps its unit of work open: each part is produced inside the scope, and the
   unit ends at the last part, at an error, or when the server closes the response; what a body
   does when it is closed early is done inside the scope too. A body that is read in another
   scope is refused. Limit: of an asynchronous generator that another middleware wrapped in one of
   its own, only the outer one is closed here; Python closes the inner one later, refused SQL.

Put it before every middleware that uses the database (sessions, authentication).
"""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotFound
from django.http.request import split_domain_port
from django.utils.functional import LazyObject, empty

from tenancy import conf, signals
from tenancy.context import (
    ScopeManager,
    SuspendedScope,
    current_scope,
    platform_scope,
    tenant_scope,
)
from tenancy.exceptions import RegistryUnavailableError, ScopeChangeError
from tenancy.refusals import refused
from tenancy.registry import registry, resolve
from tenancy.scopes import Surface, Tenant

__all__ = ["TenantMiddleware", "host_of"]

_LONGEST_HOST = 253
_NOT_FOUND = "<!doctype html><title>Not Found</title><h1>Not Found</h1>"
_UNAVAILABLE = "<!doctype html><title>Service Unavailable</title><h1>Service Unavailable</h1>"

_GetResponse = Callable[[HttpRequest], Any]


class TenantMiddleware:
    """Sets `request.tenant` (a `Tenant`, or None on the platform's hosts) and enters its scope."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer the request inside its scope."""
        if self._is_async:
            return self._acall(request)
        found = _scope_for(request)
        if isinstance(found, HttpResponse):
            return found
        _enter(found, request)
        try:
            response: HttpResponseBase = self.get_response(request)
            signals.releasing.send(sender=TenantMiddleware, what="response")
        except BaseException:
            found.__exit__(*sys.exc_info())
            raise
        return _leave_with(found, response)

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        # The event loop never waits for the registry.
        if _is_known(request):
            found = _scope_for(request)
        else:
            found = await sync_to_async(_scope_for, thread_sensitive=False)(request)
        if isinstance(found, HttpResponse):
            return found
        _enter(found, request)
        try:
            response: HttpResponseBase = await self.get_response(request)
            await signals.releasing.asend(sender=TenantMiddleware, what="response")
        except BaseException:
            found.__exit__(*sys.exc_info())
            raise
        return _leave_with(found, response)


def host_of(request: HttpRequest) -> str:
    """The request's host in the form the registry knows: no port, no `www.`, lower case.

    Raises:
        DisallowedHost: the header is malformed or not allowed by ALLOWED_HOSTS.
    """
    domain, _port = split_domain_port(request.get_host())
    return conf.plain_host(domain)


def _is_known(request: HttpRequest) -> bool:
    try:
        return registry().knows("resolve", [host_of(request)])
    except DisallowedHost:
        return True


def _scope_for(request: HttpRequest) -> ScopeManager | HttpResponse:
    try:
        host = host_of(request)
        if host in conf.tenancy().platform_hosts:
            return _platform(request)
        # No name is longer (RFC 1035), and every answer is remembered under its host.
        tenant = resolve(host) if len(host) <= _LONGEST_HOST else None
    except DisallowedHost:
        return HttpResponseNotFound(_NOT_FOUND)
    except RegistryUnavailableError:
        return HttpResponse(_UNAVAILABLE, status=503, headers={"Retry-After": "5"})
    if tenant is None:
        return HttpResponseNotFound(_NOT_FOUND)
    return _tenant(request, tenant)


def _enter(manager: ScopeManager, request: HttpRequest) -> None:
    left_over = current_scope()
    if left_over is not None:
        message = (
            f"refused: a request begins a unit of work of its own. Found: {left_over.stamp}, "
            "left open on this thread or task. Needed: scopes that are left (`with`), and "
            "connection.set_tenant() in commands only."
        )
        raise refused(ScopeChangeError(message))
    scope = manager.__enter__()
    scope.unit.acts_for(functools.partial(_actor_of, request))
    # For what is logged of the request when the scope has been left.
    vars(request)["tenancy_scope"] = scope


def _actor_of(request: Any) -> str:
    """`user:<pk>` once somebody has asked for the user; nobody is read for a log line's sake."""
    user = vars(request).get("user")
    if isinstance(user, LazyObject):
        user = None if user._wrapped is empty else user._wrapped
    if user is None:
        return ""
    return f"user:{user.pk}" if user.is_authenticated else "anonymous"


def _tenant(request: Any, tenant: Tenant) -> ScopeManager:
    request.tenant = tenant
    return tenant_scope(tenant, surface=Surface.REQUEST)


def _platform(request: Any) -> ScopeManager:
    request.tenant = None
    urlconf = conf.tenancy().platform_urlconf or getattr(settings, "PUBLIC_SCHEMA_URLCONF", "")
    if urlconf:
        request.urlconf = urlconf
    return platform_scope(surface=Surface.REQUEST)


def _leave_with(manager: ScopeManager, response: HttpResponseBase) -> HttpResponseBase:
    if getattr(response, "streaming", False) and manager.opened:
        _keep_open(manager.suspend(), response)
    else:
        manager.__exit__(None, None, None)
    return response


def _keep_open(suspended: SuspendedScope, response: Any) -> None:
    closers = response._resource_closers
    inside = [_inside(suspended, close) for close in closers]
    if response.is_async:
        # Not `streaming_content`: that is a generator around the body, which closing it would
        # leave open.
        body = _AsyncStream(response._iterator, suspended)
        response.streaming_content = body
        closers[:] = [*inside, body.close_soon]
    else:
        response.streaming_content = _Stream(response.streaming_content, suspended)
        closers[:] = [*inside, suspended.end]


def _inside(suspended: SuspendedScope, close: Callable[[], object]) -> Callable[[], None]:
    def close_inside() -> None:
        with suspended.resumed():
            close()

    return close_inside


class _Stream:
    """A streamed body whose every part is produced inside the request's scope."""

    def __init__(self, content: Iterator[bytes], suspended: SuspendedScope) -> None:
        self._content, self._suspended = iter(content), suspended

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self._suspended.require_own()
        try:
            with self._suspended.resumed():
                part = next(self._content)
                signals.releasing.send(sender=TenantMiddleware, what="part of a body")
                return part
        except BaseException:
            self._suspended.end()
            raise


class _AsyncStream:
    """As `_Stream`, for an asynchronous body; closing it closes the body inside the scope."""

    def __init__(self, content: AsyncIterator[bytes], suspended: SuspendedScope) -> None:
        self._content, self._suspended = aiter(content), suspended
        self._closing: asyncio.Task[None] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self._suspended.require_own()
        try:
            with self._suspended.resumed():
                part = await anext(self._content)
                await signals.releasing.asend(sender=TenantMiddleware, what="part of a body")
                return part
        except BaseException:
            self._suspended.end()
            raise

    async def aclose(self) -> None:
        """Close the body in its scope, then end the unit."""
        try:
            close = getattr(self._content, "aclose", None)
            if close is not None and not self._suspended.ended:
                with self._suspended.resumed():
                    await close()
        finally:
            self._suspended.end()

    def close_soon(self) -> None:
        """For `HttpResponse.close()`: now if a thread of the server asks, else as a task."""
        if self._suspended.ended or self._closing is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            async_to_sync(self.aclose)()
        else:
            self._closing = loop.create_task(self.aclose())
