"""Checkouts with servers of their own, removed after each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from konecty_crm.embedded.server import EmbeddedServer


@pytest.fixture
def checkout() -> Iterator[Path]:
    """A directory that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="ec-", dir="/tmp") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture
def server(checkout: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(checkout, fast=True)
    yield server
    server.remove()


@pytest.fixture
def closed_checkout() -> Iterator[Path]:
    """A checkout below a directory that only its owner may enter."""
    parent = Path(tempfile.mkdtemp(prefix="ec-", dir="/tmp"))
    checkout = parent / "repo"
    checkout.mkdir()
    yield checkout
    shutil.rmtree(parent)
