"""Receipts: one file that shows, offline, that an entry is in a log which others have seen.

Rules:

1. A receipt is parsed only in the one form in which it is written.
2. It verifies against the entry's own bytes and keys that the verifier brought. Nothing in it is
   taken for true because it is in it; its extra data is never looked at.

Source: C2SP tlog-proof ("c2sp.org/tlog-proof@v1", not yet tagged); files end in `.tlog-proof`.
Limit: a receipt says that the entry is in the log, not that it is true, nor that no other was
left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.core.checkpoints import OpenedCheckpoint, Trust, open_checkpoint
from audit.core.errors import MalformedError, shown
from audit.core.merkle import HASH_BYTES, leaf_hash
from audit.core.proofs import verify_inclusion
from audit.core.spelling import LARGEST_NUMBER, base64_of, parse_base64, parse_decimal

__all__ = [
    "MOST_HASHES",
    "Receipt",
    "ReceiptVerdict",
    "format_receipt",
    "parse_receipt",
    "verify_receipt",
]

MOST_HASHES = 63
_HEADER = "c2sp.org/tlog-proof@v1"
_WHAT = "a receipt"


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """An entry's index, the hashes up to the root, and the note that says and signs the root.

    `checkpoint` is the signed note verbatim, `extra` what an application adds for itself, empty
    if nothing; neither is verified here.

    Raises:
        MalformedError: a value that no receipt can say.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index <= LARGEST_NUMBER:
            raise MalformedError("a receipt's index", shown(self.index), "0 <= index < 2^63")
        lengths = {len(each) for each in self.hashes}
        if len(self.hashes) > MOST_HASHES or not lengths <= {HASH_BYTES}:
            found = f"{len(self.hashes)} hashes of {sorted(lengths)} bytes"
            raise MalformedError(_WHAT, found, f"at most {MOST_HASHES} of {HASH_BYTES} bytes")
        if not self.checkpoint.endswith(b"\n"):
            raise MalformedError("a receipt's checkpoint", "no newline at its end", "one")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptVerdict:
    """What a receipt was found to show: the leaf hash `leaf` at `index` under the checkpoint."""

    index: int
    leaf: bytes
    opened: OpenedCheckpoint


def parse_receipt(data: bytes) -> Receipt:
    """What a `.tlog-proof` file says. It does not say that any of it is true.

    Raises:
        MalformedError: anything that `format_receipt` would not have written.
    """
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank or not head.isascii():
        needed = "ASCII lines, an empty line and a checkpoint"
        raise MalformedError(_WHAT, shown(head), needed)
    header, *lines = head.decode("ascii").split("\n")
    if header != _HEADER:
        raise MalformedError(_WHAT, f"the first line {shown(header)}", _HEADER)
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = parse_base64(lines.pop(0).removeprefix("extra "), what="a receipt's extra data")
        if not extra:
            raise MalformedError("a receipt's extra data", "none", "no line if there is none")
    if not lines or not lines[0].startswith("index "):
        raise MalformedError(_WHAT, "no index", "a line index and the entry's number")
    index = parse_decimal(lines.pop(0).removeprefix("index "), what="a receipt's index")
    if len(lines) > MOST_HASHES:
        raise MalformedError(_WHAT, f"{len(lines)} hashes", f"at most {MOST_HASHES}")
    hashes = [parse_base64(line, what="a receipt's hash", length=HASH_BYTES) for line in lines]
    return Receipt(index=index, hashes=tuple(hashes), checkpoint=checkpoint, extra=extra)


def format_receipt(receipt: Receipt) -> bytes:
    """The bytes of a `.tlog-proof` file."""
    extra = [f"extra {base64_of(receipt.extra)}"] if receipt.extra else []
    lines = [_HEADER, *extra, f"index {receipt.index}", *map(base64_of, receipt.hashes)]
    return "\n".join(lines).encode() + b"\n\n" + receipt.checkpoint


def verify_receipt(receipt: Receipt, entry: bytes, trust: Trust) -> ReceiptVerdict:
    """What the receipt shows of `entry`, whose exact bytes the log hashed.

    Raises:
        MalformedError: the checkpoint is not a note or not a checkpoint.
        SignatureError: a signature under a trusted key's name and id does not verify.
        UntrustedError: another log's, not signed by the log, or by too few witnesses.
        AmbiguousKeyError: two trusted keys share the name and id of a signature.
        ProofError: the entry is not where the receipt says under the signed root.
    """
    opened = open_checkpoint(receipt.checkpoint, trust)
    leaf = leaf_hash(entry)
    verify_inclusion(
        leaf=leaf,
        index=receipt.index,
        size=opened.checkpoint.size,
        proof=receipt.hashes,
        root=opened.checkpoint.root,
    )
    return ReceiptVerdict(index=receipt.index, leaf=leaf, opened=opened)
