"""Outgoing HTTP: the one place where a client for a processor is made.

Holds: a client belongs to one unit of work, one processor and one purpose, and so do its open
streams; only listed hosts, over TLS, at public addresses that are looked up once; no proxies, no
environment, no cookies, no redirects off the list; the tenant's own credentials only, and only to
the processor's own hosts; fixed time-outs and sizes. The purpose `training` sends nothing.
Does not hold: for other libraries (see `tripwire`), for C libraries, for a key in a URL or a body.
Turn it on: name the processors in `TENANCY["PROCESSORS"]`, then
`with egress.client("openai", "service") as http: http.post("https://api.openai.com/…")`.
"""

from __future__ import annotations

import functools
import http.cookiejar
import ssl
from collections.abc import AsyncIterator, Iterator
from types import MappingProxyType
from typing import Any, NoReturn

import certifi
import httpcore
import httpx
from asgiref.sync import sync_to_async
from httpx._client import ClientState
from typing_extensions import override

from tenancy import signals
from tenancy.boundaries.egress_address import PinnedAsyncBackend, PinnedBackend
from tenancy.boundaries.egress_binding import ORIGIN, TIMEOUT, Binding, parts_of
from tenancy.boundaries.egress_policy import TRAINING, Processor, processors
from tenancy.current import current_tenant, require_scope
from tenancy.exceptions import EgressRefusedError
from tenancy.refusals import refused

__all__ = ["TenantAsyncClient", "TenantClient", "async_client", "client"]

_OPTIONS = frozenset({"base_url", "headers", "params", "default_encoding"})
_SHOWN = ("http_version", "reason_phrase")
_MOST_REDIRECTS = 5


def client(processor: str, purpose: str, **options: Any) -> TenantClient:
    """An `httpx.Client` for one processor and purpose, for the rest of this unit of work.

    Args:
        processor: a key of `TENANCY["PROCESSORS"]`.
        purpose: one of its purposes.
        options: `base_url`, `headers`, `params`, `default_encoding` as httpx takes them.

    Raises:
        NoTenantError: there is no tenant's scope.
        EgressRefusedError: unknown processor, purpose or option, or not enabled for the tenant.
    """
    return TenantClient(_binding(processor, purpose, options), options)


async def async_client(processor: str, purpose: str, **options: Any) -> TenantAsyncClient:
    """As `client`, for asynchronous code; credentials are read in a thread, in the scope."""
    binding = await sync_to_async(_binding)(processor, purpose, options)
    return TenantAsyncClient(binding, options)


def _binding(key: str, purpose: str, options: dict[str, Any]) -> Binding:
    tenant = current_tenant()
    if purpose == TRAINING:
        _refuse("purpose:training", "the purpose 'training', which sends nothing outside")
    processor = processors().get(key)
    if processor is None:
        _refuse("processor:unknown", f"the processor {key!r}")
    if purpose not in processor.purposes:
        _refuse("purpose:refused", f"the purpose {purpose!r} for {key!r}")
    if unknown := sorted(set(options) - _OPTIONS):
        _refuse("option:refused", f"the options {unknown}")
    if not processor.serves(tenant):
        _refuse("tenant:refused", f"the processor {key!r}, not enabled for {tenant.id}")
    return Binding(
        scope=require_scope(),
        processor=processor,
        purpose=purpose,
        headers=processor.headers_for(tenant),
    )


def _refuse(kind: str, found: str) -> NoReturn:
    message = (
        f"refused: an outgoing call. Found: {found}. Needed: what TENANCY['PROCESSORS'] allows."
    )
    raise refused(EgressRefusedError(message, reason=f"egress:{kind}"))


@functools.cache
def _tls(ca_file: str) -> ssl.SSLContext:
    # Not create_default_context(): it writes keys where SSLKEYLOGFILE says.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(ca_file or certifi.where())
    return context


def _pool_options(processor: Processor) -> dict[str, Any]:
    return {"ssl_context": _tls(processor.ca_file), "max_connections": 20, "retries": 0}


def _client_options(binding: Binding, options: dict[str, Any]) -> dict[str, Any]:
    refuse_all = http.cookiejar.DefaultCookiePolicy(allowed_domains=[])
    return {
        **options,
        "trust_env": False,
        "timeout": TIMEOUT,
        "follow_redirects": bool(binding.processor.redirects),
        "max_redirects": _MOST_REDIRECTS,
        "cookies": http.cookiejar.CookieJar(policy=refuse_all),
    }


class _Transport(httpx.HTTPTransport):
    """Looks at every request, also those that a redirect or an `auth` makes."""

    def __init__(self, binding: Binding) -> None:
        super().__init__(verify=_tls(binding.processor.ca_file), trust_env=False)
        self._binding = binding
        backend = PinnedBackend(private=binding.processor.private)
        self._pool = httpcore.ConnectionPool(
            network_backend=backend, **_pool_options(binding.processor)
        )

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        admitted = self._binding.admit(request)
        signals.releasing.send(sender=TenantClient, what="outgoing call")
        response = super().handle_request(admitted)
        try:
            self._binding.answered(response)
        except BaseException:
            response.close()
            raise
        response.stream = _Stream(response.stream, self._binding)
        response.extensions = _shown(response.extensions)
        return response


class _AsyncTransport(httpx.AsyncHTTPTransport):
    """As `_Transport`."""

    def __init__(self, binding: Binding) -> None:
        super().__init__(verify=_tls(binding.processor.ca_file), trust_env=False)
        self._binding = binding
        backend = PinnedAsyncBackend(private=binding.processor.private)
        self._pool = httpcore.AsyncConnectionPool(
            network_backend=backend, **_pool_options(binding.processor)
        )

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        admitted = self._binding.admit(request)
        await signals.releasing.asend(sender=TenantAsyncClient, what="outgoing call")
        response = await super().handle_async_request(admitted)
        try:
            self._binding.answered(response)
        except BaseException:
            await response.aclose()
            raise
        response.stream = _AsyncStream(response.stream, self._binding)
        response.extensions = _shown(response.extensions)
        return response


def _shown(extensions: Any) -> dict[str, Any]:
    # Not `network_stream`: whoever has it can talk past the transport.
    return {name: extensions[name] for name in _SHOWN if name in extensions}


class _Stream(httpx.SyncByteStream):
    def __init__(self, inner: Any, binding: Binding) -> None:
        self._inner, self._binding = inner, binding

    @override
    def __iter__(self) -> Iterator[bytes]:
        size = 0
        self._binding.require_here()
        for part in self._inner:
            self._binding.require_here()
            size += len(part)
            self._binding.require_size(size)
            yield part
            self._binding.require_here()

    @override
    def close(self) -> None:
        self._inner.close()


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, inner: Any, binding: Binding) -> None:
        self._inner, self._binding = inner, binding

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        self._binding.require_here()
        async for part in self._inner:
            self._binding.require_here()
            size += len(part)
            self._binding.require_size(size)
            yield part
            self._binding.require_here()

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


class _Fixed:
    """What is set on a client stays as the factory set it."""

    _fixed = False
    _event_hooks: Any
    _mounts: Any
    _guarded: Any

    def __setattr__(self, name: str, value: object) -> None:
        if self._fixed and not (name == "_state" and isinstance(value, ClientState)):
            _refuse("client:changed", f"a change of {name!r} on a client")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        _refuse("client:changed", f"a removal of {name!r} on a client")

    def _fix(self, transport: object) -> None:
        self._guarded = transport
        self._event_hooks = MappingProxyType({"request": (), "response": ()})
        self._mounts = MappingProxyType({})
        self._fixed = True

    def _transport_for_url(self, url: httpx.URL) -> Any:
        return self._guarded


class TenantClient(_Fixed, httpx.Client):
    """Made by `client`; refused outside its unit of work."""

    def __init__(self, binding: Binding, options: dict[str, Any]) -> None:
        transport = _Transport(binding)
        super().__init__(transport=transport, **_client_options(binding, options))
        self._fix(transport)

    @override
    def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = httpx.USE_CLIENT_DEFAULT,
        follow_redirects: Any = None,
    ) -> httpx.Response:
        """As httpx; redirects are followed only where the processor lists some."""
        request.extensions = {**request.extensions, ORIGIN: parts_of(request)}
        return super().send(request, stream=stream, auth=auth)


class TenantAsyncClient(_Fixed, httpx.AsyncClient):
    """Made by `async_client`; refused outside its unit of work."""

    def __init__(self, binding: Binding, options: dict[str, Any]) -> None:
        transport = _AsyncTransport(binding)
        super().__init__(transport=transport, **_client_options(binding, options))
        self._fix(transport)

    @override
    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = httpx.USE_CLIENT_DEFAULT,
        follow_redirects: Any = None,
    ) -> httpx.Response:
        """As httpx; redirects are followed only where the processor lists some."""
        request.extensions = {**request.extensions, ORIGIN: parts_of(request)}
        return await super().send(request, stream=stream, auth=auth)
