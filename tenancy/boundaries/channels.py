"""Channel layers (Django Channels): groups and channels of one scope, and messages that prove it.

Holds: names are made by `group(name)` and `new_channel()`, and carry a MAC of the scope; another
tenant's or a plain name is refused by every method; a message carries the MAC of its body, its
destination and its age, and one that was planted in the server is refused instead of delivered;
without a scope everything raises; `flush` is refused.
Does not hold: messages are signed, not encrypted (use the inner layer's own keys); whoever can
write to the server can show a message again, in the same group, for `expiry` seconds.
Turn it on: `CHANNEL_LAYERS = {"default": {"BACKEND": "tenancy.boundaries.channels.
TenantChannelLayer", "CONFIG": {"inner": {"BACKEND": …, "CONFIG": …}}}}`; needs msgpack.
"""

from __future__ import annotations

import base64
import hmac
import re
import time
from collections.abc import Mapping
from typing import Any, NoReturn

import msgpack
from channels.layers import BaseChannelLayer
from django.utils.module_loading import import_string
from typing_extensions import override

from tenancy import conf, signals
from tenancy.current import require_scope
from tenancy.exceptions import SealError, WrongTenantError
from tenancy.keys import Purpose, mac, opaque_id
from tenancy.refusals import refused

__all__ = ["TenantChannelLayer", "group"]

_MAC_BYTES = 15
_MAC_LENGTH = 24
_LONGEST_NAME = 50
_NAME = re.compile(r"[A-Za-z0-9\-_.]+")
_TYPE = "tenancy.message"
_EXPIRY_SECONDS = 60


def group(name: str) -> str:
    """The name of this scope's group `name`: `g.<opaque id>.<mac>.<name>`.

    Args:
        name: at most 50 ASCII letters, digits, `-`, `_` and `.`.

    Raises:
        NoTenantError: there is no scope.
        ValueError: the name cannot be one.
    """
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        message = f"a group's name has 1 to {_LONGEST_NAME} of A-Za-z0-9-_. ; found {name!r}"
        raise ValueError(message)
    require_scope()
    return f"g.{opaque_id()}.{_tag('group', name)}.{name}"


def _tag(kind: str, name: str, version: int | None = None) -> str:
    found = mac(Purpose.CHANNEL, kind.encode(), name.encode(), version=version)
    return base64.b32encode(found[:_MAC_BYTES]).decode().lower()


def _is_tag(tag: str, kind: str, name: str) -> bool:
    # Every version that is known, because a socket outlives a rotation of the master key.
    versions = conf.tenancy().master_keys.keys
    return any(
        hmac.compare_digest(tag.encode(), _tag(kind, name, version).encode())
        for version in versions
    )


def _require_group(name: object) -> str:
    parts = str(name).split(".", 3)
    own = len(parts) == 4 and parts[:2] == ["g", opaque_id()]  # noqa: PLR2004 -- parts of a name, or IPv4
    if not own or not _is_tag(parts[2], "group", parts[3]):
        _refuse_name("group")
    return str(name)


def _require_channel(name: object) -> str:
    """The inner layer's name of a channel."""
    inner, _, tag = str(name).rpartition(".")
    if not inner or not _is_tag(tag, "channel", inner):
        _refuse_name("channel")
    return inner


def _refuse_name(kind: str) -> NoReturn:
    stamp = require_scope().stamp
    message = (
        f"refused: a {kind}'s name that was not made in this scope. Found: a plain or foreign "
        f"name. Current: {stamp}. Needed: group(name), or the consumer's own channel_name."
    )
    raise refused(WrongTenantError(message, needed=stamp, reason=f"channels:{kind}:other"))


class TenantChannelLayer(BaseChannelLayer):
    """Wraps the layer named in `CONFIG["inner"]`, whose names and messages it alone sees."""

    extensions = ("groups",)

    def __init__(self, inner: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner: Any = import_string(inner["BACKEND"])(**inner.get("CONFIG", {}))
        # The publish-subscribe layer keeps nothing, and has no expiry.
        self.expiry: float = getattr(self.inner, "expiry", _EXPIRY_SECONDS)

    @override
    async def new_channel(self, prefix: str = "specific") -> str:
        """A channel's name of this scope."""
        require_scope()
        given = prefix.rstrip(".")
        name = await (self.inner.new_channel() if given == "specific" else self._named(given))
        return f"{name}.{_tag('channel', name)}"

    async def _named(self, prefix: str) -> str:
        name: str = await self.inner.new_channel(prefix)
        return name

    @override
    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send to one channel of this scope."""
        inner, sealed = _require_channel(channel), _sealed(channel, message)
        await signals.releasing.asend(sender=type(self), what="message to a channel")
        await self.inner.send(inner, sealed)

    @override
    async def receive(self, channel: str) -> dict[str, Any]:
        """The next message; raises `SealError` for one that nobody of this scope sent."""
        inner = _require_channel(channel)
        found = await self.inner.receive(inner)
        require_scope()
        return _opened(channel, found, self.expiry)

    @override
    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel of this scope to a group of this scope."""
        await self.inner.group_add(_require_group(group), _require_channel(channel))

    @override
    async def group_discard(self, group: str, channel: str) -> None:
        """Remove a channel of this scope from a group of this scope."""
        await self.inner.group_discard(_require_group(group), _require_channel(channel))

    @override
    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to a group of this scope."""
        inner, sealed = _require_group(group), _sealed(group, message)
        await signals.releasing.asend(sender=type(self), what="message to a group")
        await self.inner.group_send(inner, sealed)

    @override
    async def flush(self) -> NoReturn:
        """Refused: it would remove every tenant's messages."""
        message = "refused: flush() of a channel layer that all tenants share."
        raise refused(WrongTenantError(message, reason="channels:flush:refused"))

    async def close_pools(self) -> None:
        """Close the inner layer's connections, for the end of a process."""
        close = getattr(self.inner, "close_pools", None) or getattr(self.inner, "close", None)
        if close is not None:
            await close()


def _sealed(destination: str, message: dict[str, Any]) -> dict[str, Any]:
    body = msgpack.packb(message, use_bin_type=True)
    version, at = conf.tenancy().master_keys.current, int(time.time() * 1_000)
    tag = mac(Purpose.CHANNEL, *_signed(destination, at, body), version=version)
    return {"type": _TYPE, "to": destination, "at": at, "key": version, "body": body, "mac": tag}


def _signed(destination: str, at: int, body: bytes) -> tuple[bytes, ...]:
    return b"message", destination.encode(), str(at).encode(), body


def _opened(channel: str, found: Mapping[str, Any], expiry: float) -> dict[str, Any]:
    try:
        destination, at, version = str(found["to"]), int(found["at"]), int(found["key"])
        body, tag = bytes(found["body"]), bytes(found["mac"])
        known = version in conf.tenancy().master_keys.keys
    except (KeyError, TypeError, ValueError) as error:
        raise _planted() from error
    if not known or (destination != channel and not destination.startswith("g.")):
        raise _planted()
    expected = mac(Purpose.CHANNEL, *_signed(destination, at, body), version=version)
    if not hmac.compare_digest(tag, expected) or time.time() * 1_000 - at > expiry * 1_000:
        raise _planted()
    message: dict[str, Any] = msgpack.unpackb(body, raw=False)
    return message


def _planted() -> SealError:
    message = (
        "refused: a channel layer's message that does not verify here. Found: forged, another "
        "tenant's, moved or too old. Needed: one that was sent in this scope."
    )
    return refused(SealError(message, reason="channels:message:refused"))
