"""Every error that `audit.core` raises, as one tree.

LogError (ValueError)
├── MalformedError       text or bytes that are not in the one form their format allows
├── ProofError           an inclusion or consistency proof that does not prove what it should
├── SignatureError       a signature under the name and id of a known key that does not verify
├── UntrustedError       well formed, but not signed by those whose signature is needed
├── AmbiguousKeyError    two known keys share a name and an id
└── MissingHashError     a reader was asked for a hash or a tile and did not give it

Each says what was refused, what was found and what is needed, also as attributes. They are
pickled whole, because verification runs in worker processes.
"""

from __future__ import annotations

__all__ = [
    "AmbiguousKeyError",
    "LogError",
    "MalformedError",
    "MissingHashError",
    "ProofError",
    "SignatureError",
    "UntrustedError",
    "shown",
]

_SHOWN_CHARACTERS = 80


class LogError(ValueError):
    """Base of everything raised by this package: nothing was accepted, nothing moved.

    Limit: `found` may show up to 80 characters of what came from outside, with escapes; it is
    for logs and reports, and a page has to escape it like any other text.
    """

    def __init__(self, refused: str, found: str, needed: str) -> None:
        super().__init__(refused, found, needed)
        self.refused = refused
        self.found = found
        self.needed = needed

    def __str__(self) -> str:
        return f"refused: {self.refused}. Found: {self.found}. Needed: {self.needed}."


class MalformedError(LogError):
    """Raised for a key, note, checkpoint, receipt, path or hash not spelled as its format says."""


class ProofError(LogError):
    """Raised when a proof does not lead from what is claimed to the root that is known."""


class SignatureError(LogError):
    """Raised when a known key's name and id stand before a signature that is not that key's."""


class UntrustedError(LogError):
    """Raised when nobody of those who are trusted, or too few of them, signed."""


class AmbiguousKeyError(LogError):
    """Raised when two keys of the same name and id are trusted: one of them was forged."""


class MissingHashError(LogError):
    """Raised when a hash or tile is not there: pruned, past the tree's end, or lost."""


def shown(value: object) -> str:
    """`value` as an error may show it: escaped, and cut after 80 characters."""
    text = ascii(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
