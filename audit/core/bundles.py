"""Bundles: the entries of a static log, up to 256 in one file, as they were hashed.

Rules:

1. An entry stands behind its length in two bytes, so it has at most 65,535.
2. A bundle has exactly as many entries as its place says, and nothing behind them.

Source: C2SP tlog-tiles, section Log entries. Where a bundle lies is `tiles.Tile` with level None.
"""

from __future__ import annotations

from collections.abc import Iterable

from audit.core.errors import MalformedError
from audit.core.tiles import TILE_WIDTH

__all__ = ["LARGEST_ENTRY_BYTES", "format_bundle", "parse_bundle"]

LARGEST_ENTRY_BYTES = 2**16 - 1
_LENGTH_BYTES = 2


def format_bundle(entries: Iterable[bytes]) -> bytes:
    """The bytes of a bundle of 1 to 256 entries, in order.

    Raises:
        MalformedError: no entry, more than 256, or one of more than 65,535 bytes.
    """
    listed = list(entries)
    if not 1 <= len(listed) <= TILE_WIDTH:
        raise MalformedError("a bundle", f"{len(listed)} entries", f"1 to {TILE_WIDTH}")
    longest = max(map(len, listed))
    if longest > LARGEST_ENTRY_BYTES:
        found = f"an entry of {longest} bytes"
        raise MalformedError("a bundle", found, f"at most {LARGEST_ENTRY_BYTES}")
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES) + entry for entry in listed)


def parse_bundle(data: bytes, *, width: int) -> tuple[bytes, ...]:
    """The entries of a bundle that has `width` of them. Nothing is verified here.

    Raises:
        MalformedError: the data ends within an entry, or has fewer or more entries.
    """
    found: list[bytes] = []
    at = 0
    while at < len(data) and len(found) < width:
        begin = at + _LENGTH_BYTES
        at = begin + int.from_bytes(data[at:begin])
        found.append(data[begin:at])
    if len(found) != width or at != len(data):
        seen = f"{len(found)} entries and {len(data) - at:+d} bytes"
        raise MalformedError("a bundle", seen, f"{width} entries and nothing more")
    return tuple(found)
