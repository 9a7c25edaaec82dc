"""Reads the hostile statements of this folder: one file per channel, many cases in each.

A file starts with `-- reason: why these are hostile`. A case starts with a line
`-- case: ID expect: CODE` and goes up to the next one; ` params: JSON` at the end of that line
gives the parameters that the statement is sent with. In both, `{own}` and `{other}` stand for the
schemas of the attacking and the attacked tenant (`{OWN}`, `{OTHER}` in upper case),
`{table}` for a table that both have, with the columns id and name. `{nul}` and `{surrogate}` stand
for characters that a text file cannot hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Case", "load", "load_file"]

_FOLDER = Path(__file__).parent
_HEAD = re.compile(r"-- case: (?P<id>\S+) expect: (?P<expect>\S+)(?: params: (?P<params>.+))?")

Params = Sequence[Any] | Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One hostile statement, and the reason that the guard must give."""

    group: str
    id: str
    why: str
    expect: str
    statement: str
    params: Params

    def __str__(self) -> str:
        return f"{self.group}-{self.id}"


def load(*, own: str = "t1", other: str = "t2", table: str = "contact") -> tuple[Case, ...]:
    """Every case of the folder, in the order of the files' names."""
    files = sorted(_FOLDER.glob("*.sql"))
    return tuple(
        case for file in files for case in load_file(file, own=own, other=other, table=table)
    )


def load_file(path: Path, *, own: str, other: str, table: str) -> Iterator[Case]:
    """The cases of one file.

    Raises:
        ValueError: the file does not start with its reason, or a case has no such head.
    """
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    if not first.startswith("-- reason: "):
        message = f"{path.name} must start with a line `-- reason: …`"
        raise ValueError(message)
    why = first.removeprefix("-- reason: ")
    names = {
        "{own}": own,
        "{other}": other,
        "{OWN}": own.upper(),
        "{OTHER}": other.upper(),
        "{table}": table,
        "{nul}": "\0",
        "{surrogate}": "\ud800",
    }
    for text in re.split(r"^(?=-- case: )", rest, flags=re.MULTILINE)[1:]:
        yield _case(text, path.stem, why, names)


def _case(text: str, group: str, why: str, names: Mapping[str, str]) -> Case:
    head, _, statement = text.partition("\n")
    match = _HEAD.fullmatch(head)
    if match is None:
        message = f"found {head!r} in {group}, `-- case: ID expect: CODE` is needed"
        raise ValueError(message)
    return Case(
        group=group,
        id=match["id"],
        why=why,
        expect=match["expect"],
        statement=_named(statement.removesuffix("\n"), names),
        params=_named_params(match["params"], names),
    )


def _named(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text


def _named_params(text: str | None, names: Mapping[str, str]) -> Params:
    if text is None:
        return None
    params: Params = json.loads(_named(text, names))
    return params
