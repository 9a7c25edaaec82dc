"""The part of a file that a request asks for, and its bytes; nothing here knows of tenants.

Holds: one range of bytes is answered as RFC 9110, section 14 says; several at once, other units
and what cannot be read as a range mean the whole file. Does not hold: conditional requests; the
files have no validators. Nothing to turn on: `tenancy.boundaries.links` uses it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

__all__ = ["Part", "content_of", "wanted_part"]

_BLOCK_BYTES = 64 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Part:
    """`length` bytes from `start`, of a file of `size` bytes."""

    start: int
    length: int
    size: int

    @classmethod
    def whole(cls, size: int) -> Part:
        """All of it."""
        return cls(start=0, length=size, size=size)

    @property
    def end(self) -> int:
        """The last byte's place, as Content-Range has it."""
        return self.start + self.length - 1

    @property
    def is_partial(self) -> bool:
        """Whether something of the file is left out."""
        return self.length != self.size


def wanted_part(header: str, size: int) -> Part | None:
    """What a `Range` header asks of a file of `size` bytes; None if the file has none of it."""
    found = _RANGE.fullmatch(header.strip())
    if found is None or found.group() == "bytes=-":
        return Part.whole(size)
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return Part(start=size - length, length=length, size=size) if length else None
    start, end = int(first), min(int(last or size), size - 1)
    if last and int(last) < start:
        return Part.whole(size)
    return Part(start=start, length=end - start + 1, size=size) if start < size else None


def content_of(
    file: Any, part: Part, request: HttpRequest
) -> Iterator[bytes] | AsyncIterator[bytes]:
    """The part's bytes in blocks, for the kind of server that asks."""
    blocks = _blocks(file, part)
    return _ablocks(blocks) if isinstance(request, ASGIRequest) else blocks


def _blocks(file: Any, part: Part) -> Iterator[bytes]:
    file.seek(part.start)
    left = part.length
    while left > 0:
        block = file.read(min(_BLOCK_BYTES, left))
        if not block:
            return
        left -= len(block)
        yield block


async def _ablocks(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    # Not in the event loop: the file may be at the other end of a network.
    ask = sync_to_async(_next_of)
    while (block := await ask(blocks)) is not None:
        yield block


def _next_of(blocks: Iterator[bytes]) -> bytes | None:
    return next(blocks, None)
