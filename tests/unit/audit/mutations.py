"""The mutations that transparency-dev/merkle applies to good proofs in `proof/verify_test.go`.

Same list, same names; see fixtures/log_vectors/README.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from audit.core.merkle import EMPTY_ROOT
from tests.unit.audit.vectors import load

SOME_HASH = bytes.fromhex(load("rfc6962")["some_hash"])


@dataclass(frozen=True)
class Inclusion:
    index: int
    size: int
    leaf: bytes
    proof: tuple[bytes, ...]
    root: bytes

    def wrong(self) -> Iterator[tuple[str, Inclusion]]:
        proof, root = self.proof, self.root
        yield "leafIndex - 1", replace(self, index=(self.index - 1) % 2**64)
        yield "leafIndex + 1", replace(self, index=self.index + 1)
        yield "leafIndex ^ 2", replace(self, index=self.index ^ 2)
        yield "treeSize * 2", replace(self, size=self.size * 2)
        yield "treeSize / 2", replace(self, size=self.size // 2)
        yield "wrong leaf", replace(self, leaf=b"WrongLeaf")
        yield "empty root", replace(self, root=EMPTY_ROOT)
        yield "random root", replace(self, root=SOME_HASH)
        yield "trailing garbage", replace(self, proof=(*proof, b""))
        yield "trailing root", replace(self, proof=(*proof, root))
        yield "preceding garbage", replace(self, proof=(b"", *proof))
        yield "preceding root", replace(self, proof=(root, *proof))
        for at in range(len(proof)):
            yield f"modified proof[{at}] bit 3", replace(self, proof=flipped(proof, at, 8))
        if proof:
            yield "removed component", replace(self, proof=proof[:-1])
        if len(proof) > 1:
            yield "inserted component", replace(self, proof=(proof[0], SOME_HASH, *proof[1:]))


@dataclass(frozen=True)
class Consistency:
    old: int
    new: int
    old_root: bytes
    new_root: bytes
    proof: tuple[bytes, ...]

    def wrong(self) -> Iterator[tuple[str, Consistency]]:
        proof = self.proof
        if not proof:
            return
        yield "size1 - 1", replace(self, old=self.old - 1)
        yield "size1 + 1", replace(self, old=self.old + 1)
        yield "size1 ^ 2", replace(self, old=self.old ^ 2)
        yield "size2 * 2", replace(self, new=self.new * 2)
        yield "size2 / 2", replace(self, new=self.new // 2)
        yield "wrong root1", replace(self, old_root=b"WrongRoot")
        yield "wrong root2", replace(self, new_root=b"WrongRoot")
        yield "swapped roots", replace(self, old_root=self.new_root, new_root=self.old_root)
        yield "empty proof", replace(self, proof=())
        yield "truncated proof", replace(self, proof=proof[:-1])
        added = {"garbage": b"", "root1": self.old_root, "root2": self.new_root}
        for name, value in added.items():
            yield f"trailing {name}", replace(self, proof=(*proof, value))
            yield f"preceding {name}", replace(self, proof=(value, *proof))
        yield "preceding proof[0]", replace(self, proof=(proof[0], *proof))
        for at in range(len(proof)):
            yield f"modified proof[{at}] bit 4", replace(self, proof=flipped(proof, at, 16))


def flipped(proof: tuple[bytes, ...], at: int, mask: int) -> tuple[bytes, ...]:
    changed = bytes([proof[at][0] ^ mask]) + proof[at][1:]
    return (*proof[:at], changed, *proof[at + 1 :])
