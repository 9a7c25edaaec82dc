"""A pytest fixture that fails a test after which a process-wide cache holds a tenant's objects.

In a conftest: `from tenancy.testing.no_process_caches import no_process_caches`, and
`pytestmark = pytest.mark.usefixtures("no_process_caches")` where it matters, or everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tenancy.boundaries.process_caches import search

__all__ = ["no_process_caches"]


@pytest.fixture
def no_process_caches() -> Iterator[None]:
    """Fails the test if it leaves more of a tenant in the project's modules than it found."""
    before = set(search())
    yield
    left = [held for held in search() if held not in before]
    if left:
        lines = [f"{held.place} holds a tenant's {held.what}: {held.tenant}" for held in left]
        pytest.fail("\n".join(lines), pytrace=False)
