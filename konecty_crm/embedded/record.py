"""What var/ remembers about directories outside the checkout."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Record"]

_FILE = "location.json"


@dataclass(frozen=True, kw_only=True)
class Record:
    """Directories outside the checkout; None for what lies inside it."""

    home: Path | None = None
    sockets: Path | None = None

    @classmethod
    def read(cls, folder: Path, root: Path) -> Record:
        """The record in `folder`; empty if there is none or if it is another checkout's.

        A checkout that was copied must not share the original's data; one that was moved keeps
        its own.
        """
        try:
            found = json.loads((folder / _FILE).read_text())
        except (FileNotFoundError, ValueError):
            return cls()
        original = Path(found["root"])
        if original != root and original.exists():
            return cls()
        return cls(home=_path(found["home"]), sockets=_path(found["sockets"]))

    def write(self, folder: Path, root: Path) -> None:
        """Remember this record, replacing the old one in one step."""
        text = json.dumps(
            {"root": str(root), "home": _text(self.home), "sockets": _text(self.sockets)}
        )
        file = folder / _FILE
        if file.exists() and file.read_text() == text:
            return
        new = file.with_suffix(".new")
        new.write_text(text)
        new.replace(file)


def _path(value: str | None) -> Path | None:
    return None if value is None else Path(value)


def _text(value: Path | None) -> str | None:
    return None if value is None else str(value)
