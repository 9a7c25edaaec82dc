"""What a verification finds, named and located; and what it counts."""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = ["Finding", "Kind"]


class Kind(enum.StrEnum):
    """What is wrong with a log. Each one says that it is not the log that was written."""

    ENTRY_ALTERED = "entry altered"
    ENTRY_MALFORMED = "entry malformed"
    ENTRY_OF_ANOTHER_STREAM = "entry of another stream"
    COLUMN_ALTERED = "column altered"
    EVENT_MISSING = "event missing"
    LEAF_MISSING = "leaf missing"
    LEAF_ALTERED = "leaf altered"
    LEAF_TWICE = "leaf twice"
    ROOT_DIFFERS = "root differs"
    TAIL_CUT = "tail cut"
    CHECKPOINT_ALTERED = "checkpoint altered"
    CHECKPOINT_MISSING = "checkpoint missing"
    TILE_MISSING = "tile missing"
    TREE_MISSING = "tree missing"
    SIGNATURE_FOREIGN = "signature foreign"
    ROLLED_BACK = "rolled back"
    FORKED = "forked"
    LANE_GAP = "lane gap"
    LANE_REPEATED = "lane repeated"
    NOT_SEQUENCED = "not sequenced"
    CLOCK = "clock"
    PRUNED_WITHOUT_STATEMENT = "pruned without statement"
    INCARNATION = "incarnation without quote"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is wrong: in which stream and tree, at which index if it has one."""

    kind: Kind
    stream: str
    incarnation: int
    index: int | None
    text: str = ""

    def line(self) -> str:
        """The finding in one line."""
        place = "" if self.index is None else f" index {self.index}"
        text = f": {self.text}" if self.text else ""
        return f"{self.stream}/{self.incarnation}{place}: {self.kind}{text}"
