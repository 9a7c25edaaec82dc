"""Samples of things that take turns, and what a report says of them.

Rules:

1. What is compared runs in one go, in short rounds whose order is shuffled by a fixed seed, so
   that whatever else the machine does hits all alike.
2. A ratio is the median over the rounds of (median of this round / the other's median of the same
   round); its quartiles say how much to believe it.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.progress import track

__all__ = ["Ratio", "Round", "Rounds", "Row", "compared", "take_turns"]

Round = Sequence[int]
"""Nanoseconds of each sample."""

Rounds = list[Round]

_SEED = 1
_NANOSECONDS = {"µs": 1_000, "ms": 1_000_000}


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How a row compares with another one; the quartiles are those over the rounds."""

    to: str
    median: float
    lower_quartile: float
    upper_quartile: float
    at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether it is what it should be at most; None if nothing was demanded."""
        return None if self.at_most is None else self.median <= self.at_most


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured thing, over all its samples."""

    name: str
    unit: str
    median: float
    p99: float
    samples: int
    ratios: tuple[Ratio, ...] = ()
    at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the median is what it should be at most; None if nothing was demanded."""
        return None if self.at_most is None else self.median <= self.at_most


def take_turns(
    subjects: Mapping[str, Callable[[], Round]], *, rounds: int, label: str
) -> dict[str, Rounds]:
    """Every subject's samples by round; each subject runs once a round."""
    order = random.Random(_SEED)  # noqa: S311 -- the same order in every run
    samples: dict[str, Rounds] = {name: [] for name in subjects}
    for _ in track(range(rounds), description=label, transient=True):
        for name in order.sample(list(subjects), len(subjects)):
            samples[name].append(subjects[name]())
    return samples


def compared(
    name: str,
    rounds: Rounds,
    *,
    unit: str = "µs",
    to: Mapping[str, Rounds] | None = None,
    at_most: Mapping[str, float] | None = None,
) -> Row:
    """A row with its ratios to others; `at_most` are the ratios that should be reached."""
    factor = _NANOSECONDS[unit]
    ordered = sorted(sample for part in rounds for sample in part)
    limits = at_most or {}
    return Row(
        name=name,
        unit=unit,
        median=statistics.median(ordered) / factor,
        p99=ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] / factor,
        samples=len(ordered),
        ratios=tuple(
            _ratio(base, rounds, others, limits.get(base)) for base, others in (to or {}).items()
        ),
    )


def _ratio(base: str, rounds: Rounds, others: Rounds, at_most: float | None) -> Ratio:
    pairs = zip(rounds, others, strict=True)
    ratios = [statistics.median(own) / statistics.median(other) for own, other in pairs]
    lower, middle, upper = statistics.quantiles(ratios, n=4)
    return Ratio(
        to=base, median=middle, lower_quartile=lower, upper_quartile=upper, at_most=at_most
    )
