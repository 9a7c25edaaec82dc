"""A whole small log of another implementation: same roots, same signatures, same everything."""

from __future__ import annotations

import pytest

from audit.core.checkpoints import Checkpoint, Trust, open_checkpoint
from audit.core.keys import VerifierKey
from audit.core.merkle import Frontier, leaf_hash
from audit.core.proofs import build_consistency, verify_consistency
from audit.core.receipts import Receipt, format_receipt, parse_receipt, verify_receipt
from audit.core.signing import SigningKey, sign_checkpoint
from tests.unit.audit.vectors import load

FACTS = load("tessera_log")
ENTRIES = [entry.encode() for entry in FACTS["entries"]]
CHECKPOINTS = [text.encode() for text in FACTS["checkpoints"]]
KEY = SigningKey.parse(FACTS["private_key"])
TRUST = Trust(origin=FACTS["origin"], log_keys=(VerifierKey.parse(FACTS["verifier_key"]),))


@pytest.mark.parametrize("size", range(16))
def test_checkpoint_opens_and_has_the_root_of_its_entries(size: int) -> None:
    opened = open_checkpoint(CHECKPOINTS[size], TRUST)

    root = Frontier().extend(map(leaf_hash, ENTRIES[:size])).root()
    assert opened.checkpoint == Checkpoint(origin=FACTS["origin"], size=size, root=root)
    assert sign_checkpoint(opened.checkpoint, KEY) == CHECKPOINTS[size]


@pytest.mark.parametrize("size", range(1, 16))
def test_receipts_and_consistency_hold_between_its_checkpoints(size: int) -> None:
    nodes: dict[tuple[int, int], bytes] = {}
    Frontier().extend(
        map(leaf_hash, ENTRIES),
        lambda level, index, node: nodes.update({(level, index): node}),
    )
    root = open_checkpoint(CHECKPOINTS[size], TRUST).checkpoint.root
    final = open_checkpoint(CHECKPOINTS[15], TRUST).checkpoint.root

    proof = build_consistency(size, 15, lambda wanted: [nodes[place] for place in wanted])
    verify_consistency(old=size, old_root=root, new=15, new_root=final, proof=proof)
    # The last entry of the tree is proved by the roots of all whole subtrees before it.
    hashes = Frontier().extend(map(leaf_hash, ENTRIES[: size - 1])).hashes[::-1]
    receipt = Receipt(index=size - 1, hashes=hashes, checkpoint=CHECKPOINTS[size])
    verify_receipt(parse_receipt(format_receipt(receipt)), ENTRIES[size - 1], TRUST)
