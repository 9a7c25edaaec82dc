"""How far the log was verified: one file, by origin; kept by the auditor, not by the database."""

from __future__ import annotations

import json
from pathlib import Path

from audit.core.checkpoints import Checkpoint
from audit.exceptions import AuditError
from audit.verifying.verify import Verification

__all__ = ["load_state", "save_state"]


def load_state(path: Path) -> dict[str, Checkpoint]:
    """Sizes and roots by origin; none if the file is not there yet.

    Raises:
        AuditError: the file is no such state.
    """
    if not path.exists():
        return {}
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        return {
            origin: Checkpoint(origin=origin, size=size, root=bytes.fromhex(root))
            for origin, (size, root) in given.items()
        }
    except (ValueError, AttributeError, TypeError) as error:
        message = f"{path} is no state of an earlier verification. Needed: that, or no file."
        raise AuditError(message) from error


def save_state(path: Path, done: Verification) -> None:
    """Remember where each tree ended."""
    earlier = load_state(path)
    found = {origin: (each.size, each.root.hex()) for origin, each in earlier.items()}
    for tree in done.trees:
        if tree.size:
            found[tree.tree.origin] = (tree.size, tree.root.hex())
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(found, indent=1), encoding="utf-8")
    fresh.replace(path)
