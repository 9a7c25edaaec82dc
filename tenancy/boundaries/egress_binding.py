"""What every outgoing request is held to, whatever client or library made it.

Holds: unit of work, scheme, host, port, redirect, method, Host header and credentials are looked
at in the transport, where nothing above can leave them out; each decision is announced.
Does not hold: a key that somebody writes into a URL or a body.
Turn it on: part of `egress`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from tenancy.boundaries.egress_policy import Processor
from tenancy.current import scope_var
from tenancy.exceptions import EgressRefusedError, IsolationError, NoTenantError, WrongTenantError
from tenancy.refusals import refused
from tenancy.scopes import Scope
from tenancy.signals import egress_decided

__all__ = ["ORIGIN", "TIMEOUT", "Binding"]

# Where the caller's request went before redirects; set by the client, never by the caller.
ORIGIN = "tenancy_origin"
TIMEOUT = httpx.Timeout(connect=5.0, read=60.0, write=30.0, pool=5.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CREDENTIALS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key"}
)
_LARGEST_BYTES = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class Binding:
    """One unit of work, one processor, one purpose; and the tenant's keys for it."""

    scope: Scope
    processor: Processor
    purpose: str
    headers: dict[str, str] = field(repr=False)
    largest_bytes: int = _LARGEST_BYTES

    def require_here(self) -> None:
        """Check that this is the unit of work that the client was made in.

        Raises:
            NoTenantError: there is no scope, or the unit has ended.
            WrongTenantError: it is another unit of work.
        """
        here = scope_var.get()
        if here is not None and here.unit is self.scope.unit and not here.unit.ended:
            return
        current = "none" if here is None else here.stamp
        message = (
            f"refused: an HTTP client used outside the unit of work it was made in. Found: "
            f"{self.scope.stamp}. Current: {current}. Needed: egress.client() in this unit."
        )
        if here is None or here.unit.ended:
            raise refused(NoTenantError(message, reason="egress:client:other"))
        raise refused(
            WrongTenantError(
                message, found=self.scope.stamp, needed=current, reason="egress:client:other"
            )
        )

    def admit(self, request: httpx.Request) -> httpx.Request:
        """The request as it may be sent: with the tenant's credentials, without the rest.

        Raises:
            IsolationError: it may not be sent; nothing was.
        """
        try:
            self.require_here()
            self._require_plain(request)
            own = self._require_listed(request)
            headers = self._headers(request, own=own)
        except IsolationError:
            self._announce(request, allowed=False)
            raise
        self._announce(request, allowed=True)
        return httpx.Request(
            request.method,
            request.url,
            headers=headers,
            stream=request.stream,
            # `target`, `sni_hostname` and `trace` would change or show what was checked.
            extensions={"timeout": TIMEOUT.as_dict()},
        )

    def answered(self, response: httpx.Response) -> None:
        """Check an answer's head: its size, and that it does not unpack into a larger one.

        Raises:
            EgressRefusedError: it is too large, or packed although that was not asked for.
        """
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise _refusal("response:encoded", "a packed answer, which was not asked for")
        self.require_size(int(response.headers.get("content-length", "0") or 0))

    def require_size(self, size: int) -> None:
        """Check how many bytes came.

        Raises:
            EgressRefusedError: more than the limit.
        """
        if size > self.largest_bytes:
            raise _refusal("response:large", f"more than {self.largest_bytes} bytes")

    def _announce(self, request: httpx.Request, *, allowed: bool) -> None:
        egress_decided.send(
            sender=Binding,
            processor=self.processor.key,
            purpose=self.purpose,
            host=request.url.host,
            allowed=allowed,
        )

    def _require_plain(self, request: httpx.Request) -> None:
        if request.method not in _METHODS:
            raise _refusal("method:refused", f"the method {request.method!r}")
        if request.url.userinfo:
            raise _refusal("credentials:other", "a user in the URL")
        if request.headers.get_list("host") != [request.url.netloc.decode("ascii")]:
            raise _refusal("host:refused", "a Host header that is not the URL's")

    def _require_listed(self, request: httpx.Request) -> bool:
        """Whether the credentials go with it: the host is the processor's and no redirect's."""
        url = request.url
        parts = (url.scheme, url.host, url.port)
        moved = request.extensions.get(ORIGIN) != parts
        listed = self.processor.redirects if moved else self.processor.hosts
        if moved and not listed:
            raise _refusal("redirect:refused", f"a redirect to {url.host!r}")
        if not any(host.covers(*parts) for host in listed):
            kind = "redirect:refused" if moved else "host:refused"
            raise _refusal(kind, f"{url.scheme}://{url.host}:{url.port or 'default'}")
        return not moved

    def _headers(self, request: httpx.Request, *, own: bool) -> httpx.Headers:
        headers = request.headers.copy()
        for name in _CREDENTIALS | set(self.headers):
            for given in headers.get_list(name):
                if given != self.headers.get(name):
                    raise _refusal("credentials:other", f"a {name} that is not this tenant's")
            headers.pop(name, None)
        if own:
            headers.update(self.headers)
        headers["accept-encoding"] = "identity"
        return headers


def _refusal(kind: str, found: str) -> EgressRefusedError:
    message = (
        f"refused: an outgoing call. Found: {found}. "
        "Needed: what TENANCY['PROCESSORS'] says of this processor."
    )
    return refused(EgressRefusedError(message, reason=f"egress:{kind}"))


def parts_of(request: Any) -> tuple[str, str, int | None]:
    """Scheme, host and port of a request, as `ORIGIN` keeps them."""
    return request.url.scheme, request.url.host, request.url.port
