"""Which numbers of which lanes were seen: gaps and repetitions, whatever the order.

A lane is one server connection; its events are numbered from 1 without a gap. A lane whose end was
told by a later event must have every number up to it. Of one whose end nobody told (its process
was killed, or is at work) nothing is known beyond its last number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

__all__ = ["Gap", "LaneBook"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of a lane that are not there, or are there twice; `index` is the next entry's."""

    lane: str
    first: int
    last: int
    index: int | None
    is_repeated: bool = False


@dataclass(slots=True)
class LaneBook:
    """Numbers by lane, each with the index of its entry; books of two ranges can be merged."""

    seen: dict[str, dict[int, int]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    repeated: list[Gap] = field(default_factory=list)

    def add(self, lane: str, number: int, index: int) -> None:
        """An entry with this number was seen at `index`."""
        numbers = self.seen.setdefault(lane, {})
        if number in numbers:
            self.repeated.append(Gap(lane, number, number, index, is_repeated=True))
        numbers.setdefault(number, index)

    def end(self, closes: Iterable[tuple[str, int]]) -> None:
        """Lanes that ended, with their last numbers."""
        self.ends.update(closes)

    def merge(self, other: LaneBook) -> None:
        """Take what the book of another range has seen."""
        for lane, numbers in other.seen.items():
            for number, index in numbers.items():
                self.add(lane, number, index)
        self.ends.update(other.ends)
        self.repeated += other.repeated

    def gaps(self, *, from_start: bool = True) -> Iterator[Gap]:
        """What is missing or repeated.

        Args:
            from_start: whether the whole log was seen; else lanes may have begun before.
        """
        yield from self.repeated
        for lane, numbers in self.seen.items():
            ordered = sorted(numbers)
            expected = 1 if from_start else ordered[0]
            for number in ordered:
                if number > expected:
                    yield Gap(lane, expected, number - 1, numbers[number])
                expected = number + 1
            last = self.ends.get(lane, 0)
            if last >= expected:
                yield Gap(lane, expected, last, None)
        if from_start:
            for lane, last in self.ends.items():
                if lane not in self.seen and last:
                    yield Gap(lane, 1, last, None)

    @property
    def open(self) -> int:
        """How many lanes nobody told the end of."""
        return len(self.seen.keys() - self.ends.keys())
