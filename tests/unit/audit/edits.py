"""Texts that are nearly what a format allows: the ground on which lenient parsers give way."""

from __future__ import annotations

from hypothesis import strategies as st

_PIECES = [
    *(bytes([value]) for value in (0, 9, 10, 13, 32, 43, 45, 47, 48, 61, 65, 127, 255)),
    b"\n\n",
    b"\r\n",
    b" ",
    b"=",
    b"00",
    "—".encode(),
    "\u00a0".encode(),
    "\u0660".encode(),
    "\u2028".encode(),
    b"\xed\xa0\x80",
]


@st.composite
def edited(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """One of the originals after a few cuts, repeats and insertions."""
    data = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(data)))
        end = min(len(data), begin + draw(st.integers(0, 3)))
        middle = draw(
            st.sampled_from([b"", *_PIECES, data[begin:end] * 2]) | st.binary(max_size=2)
        )
        data = data[:begin] + middle + data[end:]
    return data
