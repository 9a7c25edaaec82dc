"""A prune statement: a log's signed word that everything of a tree below an index was removed.

Text of four lines: `audit prune v1`, the tree's origin, the minimum index, the policy that was
applied; signed as a C2SP note by the log's own key. Proofs for entries at or above the minimum
index, and between sizes at or above it, stay possible (C2SP tlog-tiles, pruning).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audit.core.errors import MalformedError, UntrustedError, shown
from audit.core.keys import Kind, VerifierKey
from audit.core.notes import Note, format_note, open_note
from audit.core.signing import SigningKey, sign_text
from audit.core.spelling import parse_decimal

__all__ = ["Prune", "open_prune", "sign_prune"]

_FIRST = "audit prune v1"
_LINES = 4
_WHAT = "a prune statement"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prune:
    """Which tree, from which index on entries are kept, by which policy (one line)."""

    origin: str
    minimum_index: int
    policy: str

    def text(self) -> str:
        """The signed text.

        Raises:
            MalformedError: origin or policy is no line.
        """
        for line in (self.origin, self.policy):
            if not line or "\n" in line:
                raise MalformedError(_WHAT, shown(line), "one line, not empty")
        return f"{_FIRST}\n{self.origin}\n{self.minimum_index}\n{self.policy}\n"


def sign_prune(prune: Prune, *keys: SigningKey) -> bytes:
    """The statement as a signed note."""
    text = prune.text()
    return format_note(Note(text=text, signatures=tuple(sign_text(text, key) for key in keys)))


def open_prune(data: bytes, *, origin: str, keys: Iterable[VerifierKey]) -> Prune:
    """The statement, once one of the log's own keys is seen to have signed it.

    Raises:
        MalformedError: another form.
        SignatureError: a known key's signature does not verify.
        UntrustedError: none of the log's keys signed it, or it is about another tree.
    """
    log_keys = [key for key in keys if key.kind is Kind.LOG]
    opened = open_note(data, log_keys)
    lines = opened.text.splitlines()
    if len(lines) != _LINES or lines[0] != _FIRST:
        raise MalformedError(_WHAT, "other lines", f"{_LINES} lines beginning with {_FIRST!r}")
    if lines[1] != origin:
        raise UntrustedError(_WHAT, shown(lines[1]), f"the origin {shown(origin)}")
    index = parse_decimal(lines[2], what="a minimum index")
    return Prune(origin=lines[1], minimum_index=index, policy=lines[3])
