"""Which address a name leads to: looked up once, checked, and connected to as it was checked.

Holds: a name with any address that is private, loopback, link-local (cloud metadata), multicast,
reserved, or one of these inside an IPv6 address (mapped, 6to4, Teredo, NAT64) is refused; a second
answer of the name server (DNS rebinding) is never asked for. TLS still verifies the name.
Does not hold: for other clients than egress's own; see `tripwire`.
Turn it on: part of `egress`; `private: True` admits a processor's private and loopback addresses,
never link-local ones.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import httpcore
from typing_extensions import override

from tenancy.boundaries import tripwire
from tenancy.exceptions import EgressRefusedError
from tenancy.refusals import refused

__all__ = ["PinnedAsyncBackend", "PinnedBackend", "is_forbidden"]

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
# Addresses that clouds answer metadata on, outside 169.254.0.0/16.
_METADATA = {
    ipaddress.ip_address(text) for text in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")
}


def is_forbidden(text: str, *, private: bool) -> bool:
    """Whether nothing may connect to an address; `private` admits private and loopback ones."""
    return any(_is_bad(address, private=private) for address in _meanings(text))


def _meanings(text: str) -> list[_Address]:
    address = ipaddress.ip_address(text.partition("%")[0])
    found: list[_Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        found.extend(filter(None, (address.ipv4_mapped, address.sixtofour)))
        found.extend(address.teredo or ())
        low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if any(address in network for network in _NAT64) or int(address) >> 32 == 0:
            found.append(low)
    return found


def _is_bad(address: _Address, *, private: bool) -> bool:
    if address in _METADATA or address.is_link_local or address.is_multicast:
        return True
    if address.is_unspecified or (address.version == 4 and address.is_reserved):  # noqa: PLR2004 -- parts of a name, or IPv4
        return True
    if private and (address.is_loopback or address.is_private):
        return False
    return not address.is_global or address.is_reserved


def _lookup(host: str, port: int) -> list[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]


def _pinned(host: str, answers: list[str], *, private: bool) -> str:
    bad = [answer for answer in answers if is_forbidden(answer, private=private)]
    if bad or not answers:
        message = (
            f"refused: an outgoing call to an address that is not public. Found: {host!r} is "
            f"{', '.join(bad) or 'nowhere'}. Needed: public addresses, or 'private' of the "
            "processor for a service of your own."
        )
        raise refused(EgressRefusedError(message, reason="egress:address:refused"))
    return answers[0]


class PinnedBackend(httpcore.SyncBackend):
    """Connects to the address that was checked, never to a name."""

    def __init__(self, *, private: bool) -> None:
        self._private = private

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        with tripwire.passing():
            address = _pinned(host, _lookup(host, port), private=self._private)
            return super().connect_tcp(address, port, timeout, local_address, socket_options)

    @override
    def connect_unix_socket(self, path: str, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        raise _no_socket()


class PinnedAsyncBackend(httpcore.AnyIOBackend):
    """As `PinnedBackend`, without waiting for the name server on the event loop."""

    def __init__(self, *, private: bool) -> None:
        self._private = private

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        with tripwire.passing():
            answers = await asyncio.to_thread(_lookup, host, port)
            address = _pinned(host, answers, private=self._private)
            return await super().connect_tcp(address, port, timeout, local_address, socket_options)

    @override
    async def connect_unix_socket(
        self, path: str, *args: Any, **kwargs: Any
    ) -> httpcore.AsyncNetworkStream:
        raise _no_socket()


def _no_socket() -> EgressRefusedError:
    message = "refused: an outgoing call through a local socket. Needed: a host of the processor."
    return refused(EgressRefusedError(message, reason="egress:address:refused"))
