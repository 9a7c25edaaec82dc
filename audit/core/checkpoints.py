"""Checkpoints: a log's signed word that at one size its tree has one root.

Rules:

1. A checkpoint's text has one spelling; a size is a number below 2^63 and a root 32 bytes.
2. The empty tree has one root, and a checkpoint of size 0 says that one.
3. A checkpoint counts if it says the expected origin, one of the log's own keys signed it, and as
   many witnesses as are needed cosigned it. A witness's signature never stands for the log's.
4. Two names for one key are one witness.

Source: C2SP tlog-checkpoint and tlog-cosignature v1.0.0. Limit: that two checkpoints belong to
one history is `proofs.verify_consistency`'s to say, and that nobody was shown another one is the
witnesses'.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.core.errors import MalformedError, UntrustedError, shown
from audit.core.keys import Kind, VerifierKey
from audit.core.merkle import EMPTY_ROOT, HASH_BYTES
from audit.core.notes import Verified, open_note
from audit.core.spelling import LARGEST_NUMBER, base64_of, parse_base64, parse_decimal

__all__ = [
    "Checkpoint",
    "OpenedCheckpoint",
    "Trust",
    "format_checkpoint",
    "open_checkpoint",
    "parse_checkpoint",
]

_WHAT = "a checkpoint"
_MOST_ORIGIN_BYTES = 255
_FIXED_LINES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """Which log, how many entries, which root (32 bytes), and lines that mean nothing to us.

    Raises:
        MalformedError: a value that no checkpoint can say.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.origin.encode(errors="replace")) > _MOST_ORIGIN_BYTES:
            raise MalformedError(
                "an origin", "a longer one", f"{_MOST_ORIGIN_BYTES} bytes at most"
            )
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise MalformedError("a checkpoint's line", shown(line), "one line, not empty")
        if not 0 <= self.size <= LARGEST_NUMBER:
            raise MalformedError("a checkpoint's size", shown(self.size), "0 <= size < 2^63")
        if len(self.root) != HASH_BYTES:
            found = f"{len(self.root)} bytes"
            raise MalformedError("a checkpoint's root", found, f"{HASH_BYTES} bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise MalformedError("a checkpoint of size 0", "another root", "the empty tree's")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """Whose word counts for one log: its origin, its own keys, its witnesses, how many of them.

    Several log keys are keys before and after a rotation: one signature is enough. Limit: a
    witness's time is told, not judged, because there is no clock here.

    Raises:
        MalformedError: no log key, a key of the wrong kind, or more witnesses needed than known.
    """

    origin: str
    log_keys: tuple[VerifierKey, ...]
    witness_keys: tuple[VerifierKey, ...] = ()
    witnesses_needed: int = 0

    def __post_init__(self) -> None:
        kinds = [{key.kind for key in keys} for keys in (self.log_keys, self.witness_keys)]
        if kinds[0] != {Kind.LOG} or not kinds[1] <= {Kind.WITNESS}:
            found = f"{len(self.log_keys)} log and {len(self.witness_keys)} witness keys"
            needed = "one log key or more of type 0x01, witness keys of type 0x04"
            raise MalformedError("whom to trust", found, needed)
        known = len({key.public for key in self.witness_keys})
        if not 0 <= self.witnesses_needed <= known:
            found = f"{self.witnesses_needed} witnesses needed"
            raise MalformedError("whom to trust", found, f"0 to {known}, as many as are known")


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint that counts, who of the log's keys signed it, and which witnesses when."""

    checkpoint: Checkpoint
    signed: tuple[Verified, ...]
    witnessed: tuple[Verified, ...]


def parse_checkpoint(text: str) -> Checkpoint:
    """What a note's text says as a checkpoint. It does not say that anybody signed.

    Raises:
        MalformedError: anything that `format_checkpoint` would not have written.
    """
    lines = text.split("\n")
    if len(lines) <= _FIXED_LINES or lines.pop() != "":
        needed = "origin, size and root, each on a line that ends in newline"
        raise MalformedError(_WHAT, shown(text), needed)
    origin, size, root, *extensions = lines
    return Checkpoint(
        origin=origin,
        size=parse_decimal(size, what="a checkpoint's size"),
        root=parse_base64(root, what="a checkpoint's root", length=HASH_BYTES),
        extensions=tuple(extensions),
    )


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text that is signed."""
    fixed = (checkpoint.origin, str(checkpoint.size), base64_of(checkpoint.root))
    return "".join(f"{line}\n" for line in (*fixed, *checkpoint.extensions))


def open_checkpoint(data: bytes, trust: Trust) -> OpenedCheckpoint:
    """The checkpoint of a note, if it counts.

    Raises:
        MalformedError: not a note, or its text not a checkpoint.
        SignatureError: a signature under a trusted key's name and id does not verify.
        UntrustedError: another log's, not signed by the log, or by too few witnesses.
        AmbiguousKeyError: two trusted keys share the name and id of a signature.
    """
    note = open_note(data, (*trust.log_keys, *trust.witness_keys))
    checkpoint = parse_checkpoint(note.text)
    signed = tuple(each for each in note.verified if each.key.kind is Kind.LOG)
    witnessed = tuple(each for each in note.verified if each.key.kind is Kind.WITNESS)
    if checkpoint.origin != trust.origin:
        found, needed = f"origin {shown(checkpoint.origin)}", f"origin {shown(trust.origin)}"
        raise UntrustedError(_WHAT, found, needed)
    if not signed:
        raise UntrustedError(_WHAT, "signatures of witnesses only", "one of the log's keys")
    witnesses = len({each.key.public for each in witnessed})
    if witnesses < trust.witnesses_needed:
        found, needed = f"{witnesses} witnesses", f"{trust.witnesses_needed} of those trusted"
        raise UntrustedError(_WHAT, found, needed)
    return OpenedCheckpoint(checkpoint=checkpoint, signed=signed, witnessed=witnessed)
