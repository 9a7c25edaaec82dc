"""What a witness answers, as errors.

WitnessError
├── WitnessRefusedError        it did not cosign; `status` is C2SP tlog-witness's, `kind` says why
└── WitnessUnreachableError    it gave no answer that can be believed
"""

from __future__ import annotations

__all__ = ["WitnessError", "WitnessRefusedError", "WitnessUnreachableError"]


class WitnessError(Exception):
    """Base of both."""


class WitnessRefusedError(WitnessError):
    """The witness did not cosign.

    `status` is 400, 403, 404, 409 or 422; `kind` is malformed, bad signature, unknown origin,
    rolled back, out of date or forked; `size` is what the witness knows, where it says so.
    """

    def __init__(
        self, status: int, kind: str, *, origin: str = "", size: int | None = None
    ) -> None:
        known = "" if size is None else f", which is known with {size} entries"
        super().__init__(f"refused: a checkpoint of {origin or 'a log'}{known}. Found: {kind}.")
        self.status, self.kind, self.origin, self.size = status, kind, origin, size


class WitnessUnreachableError(WitnessError):
    """No answer, or one that is not the witness's; to be tried again."""
