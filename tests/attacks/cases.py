"""The statements in `corpus/`, with the names of two tenants put in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CORPUS = Path(__file__).with_name("corpus")
_ANSWERS = Path(__file__).with_name("server_answers.txt")
_HEADER = re.compile(r"-- case: (?P<name>\S+) expect: (?P<reason>\S+)(?: params: (?P<params>.+))?")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One statement and the reason for which the guard refuses it."""

    name: str
    reason: str
    statement: str
    params: Any = None

    def filled(self, words: Mapping[str, str]) -> str:
        """The statement with the names of both tenants in it."""
        return _filled(self.statement, words)

    def parameters(self, words: Mapping[str, str]) -> Any:
        """The parameters, likewise; None if the driver is given none."""
        match self.params:
            case dict():
                return {key: _filled(value, words) for key, value in self.params.items()}
            case list():
                return [_filled(value, words) for value in self.params]
        return None


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    known = {**words, "nul": "\0", "surrogate": "\ud800"}
    if not isinstance(value, str):
        return value
    for word, meaning in known.items():
        value = value.replace("{" + word + "}", meaning)
    return value


def files() -> list[str]:
    """The names of the corpus' files."""
    return sorted(path.stem for path in _CORPUS.glob("*.sql"))


def listed(answer: str, file: str) -> set[str]:
    """The cases of a file to which the server, without the guard, gives this answer."""
    lines = (line.split() for line in _ANSWERS.read_text().splitlines() if line[:1] != "#")
    return {name for word, place, name in lines if (word, place) == (answer, file)}


def cases(file: str) -> list[Case]:
    """The cases of one file, in its order."""
    found: list[Case] = []
    _, *parts = re.split(
        r"^(?=-- case: )", (_CORPUS / f"{file}.sql").read_text(), flags=re.MULTILINE
    )
    for part in parts:
        header, _, statement = part.partition("\n")
        match = _HEADER.fullmatch(header)
        if match is None:
            message = f"{file}.sql has a header that cannot be read: {header!r}"
            raise ValueError(message)
        params = match["params"]
        found.append(
            Case(
                name=match["name"],
                reason=match["reason"],
                statement=statement.removesuffix("\n"),
                params=json.loads(params) if params else None,
            )
        )
    return found
