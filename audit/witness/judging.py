"""What a witness does with a checkpoint it is shown (C2SP tlog-witness, `add-checkpoint`).

Rules, in the order in which they are looked at:

1. The log's origin is one that it was told of (404), and the log's own key signed (403).
2. The old size is not larger than the new one (400), and is what it knows (409).
3. The new tree continues the one it knows: a consistency proof says so (422). The same size needs
   the same root and no proof,
   and where it is another one the answer is 409 too.
4. Only then it remembers, durably, and cosigns with its own clock's time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from audit.core.checkpoints import Checkpoint, Trust, open_checkpoint, parse_checkpoint
from audit.core.errors import LogError, MalformedError
from audit.core.keys import VerifierKey
from audit.core.merkle import HASH_BYTES
from audit.core.notes import add_signatures, format_note, parse_note
from audit.core.proofs import verify_consistency
from audit.core.signing import SigningKey, sign_text
from audit.witness.errors import WitnessRefusedError
from audit.witness.store import Known, Store

__all__ = ["Judge", "watched"]

_MOST_PROOF = 63
_INCARNATION = re.compile(r"/(?:[2-9]|[1-9][0-9]{1,5})\Z")


@dataclass(frozen=True, kw_only=True)
class Judge:
    """A witness: its memory, its key, whom it watches, and its clock (seconds since 1970).

    `keys_of` gives the verifier keys of a log by origin, or nothing for one it does not watch.
    """

    store: Store
    key: SigningKey
    keys_of: Callable[[str], Sequence[VerifierKey]]
    clock: Callable[[], int]

    def add(self, old: int, proof: Sequence[bytes], note: bytes) -> str:
        """The cosignature's line for a checkpoint that continues what is known.

        Raises:
            WitnessRefusedError: it does not, or is not the log's.
        """
        checkpoint = self._checkpoint(note)
        malformed = len(proof) > _MOST_PROOF or {len(each) for each in proof} - {HASH_BYTES}
        if old > checkpoint.size or malformed:
            known = self.store.known(checkpoint.origin)
            rolled_back = known is not None and known.size > checkpoint.size and not malformed
            kind = "rolled back" if rolled_back else "malformed"
            size = known.size if known is not None and rolled_back else None
            raise WitnessRefusedError(400, kind, origin=checkpoint.origin, size=size)
        with self.store.updating(checkpoint.origin) as (known, new):
            size = known.size if known is not None else 0
            if old != size:
                kind = "rolled back" if checkpoint.size < size else "out of date"
                raise WitnessRefusedError(409, kind, origin=checkpoint.origin, size=size)
            self._require_continued(known, checkpoint, proof)
            parsed = parse_note(note)
            signature = sign_text(parsed.text, self.key, at=self.clock())
            kept = format_note(add_signatures(parsed, signature)).decode()
            new.append(Known(size=checkpoint.size, root=checkpoint.root, note=kept))
        return signature.line()

    def _checkpoint(self, note: bytes) -> Checkpoint:
        try:
            origin = parse_checkpoint(parse_note(note).text).origin
        except LogError as error:
            raise WitnessRefusedError(400, "malformed") from error
        keys = tuple(self.keys_of(origin))
        if not keys:
            raise WitnessRefusedError(404, "unknown origin", origin=origin)
        try:
            return open_checkpoint(note, Trust(origin=origin, log_keys=keys)).checkpoint
        except MalformedError as error:
            raise WitnessRefusedError(400, "malformed", origin=origin) from error
        except LogError as error:
            raise WitnessRefusedError(403, "bad signature", origin=origin) from error

    def _require_continued(
        self, known: Known | None, new: Checkpoint, proof: Sequence[bytes]
    ) -> None:
        if known is None or known.size == 0:
            if proof:
                raise WitnessRefusedError(422, "malformed", origin=new.origin)
            return
        try:
            verify_consistency(
                old=known.size,
                old_root=known.root,
                new=new.size,
                new_root=new.root,
                proof=proof,
            )
        except LogError as error:
            # C2SP's status for another root of the same size is the one for another size.
            status = 409 if known.size == new.size else 422
            raise WitnessRefusedError(
                status, "forked", origin=new.origin, size=known.size
            ) from error


def watched(logs: Mapping[str, Sequence[VerifierKey]]) -> Callable[[str], Sequence[VerifierKey]]:
    """`keys_of` for origins that are named one by one, and their later incarnations.

    A log that was restored goes on as `<origin>/2`, signed by the same key under that name.
    """

    def keys_of(origin: str) -> Sequence[VerifierKey]:
        first = _INCARNATION.sub("", origin)
        return [
            VerifierKey(name=origin, kind=key.kind, public=key.public)
            for key in logs.get(origin) or logs.get(first, ())
        ]

    return keys_of
