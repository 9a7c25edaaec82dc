"""The public facts of `fixtures/log_vectors`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[3] / "fixtures" / "log_vectors"


def load(name: str) -> Any:
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def unhex(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]
