"""The public names that the doors stand for: a new one is looked at before it is used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref import sync
from django.contrib.contenttypes.models import ContentTypeManager
from django.template.loaders import cached

KNOWN: dict[type, set[str]] = {
    # submit() is checked, map() calls it, shutdown() runs nothing.
    ThreadPoolExecutor: {"map", "shutdown", "submit"},
    # All of them go through `_cache`, which is the scope's.
    ContentTypeManager: {
        "clear_cache",
        "create_contenttypes",
        "get_by_natural_key",
        "get_for_id",
        "get_for_model",
        "get_for_models",
        "use_in_migrations",
    },
    # The cache is read and written by get_template() and emptied by reset().
    cached.Loader: {
        "cache_key",
        "generate_hash",
        "get_contents",
        "get_dirs",
        "get_template",
        "get_template_sources",
        "reset",
    },
}
OPTIONAL = {"create_contenttypes", "use_in_migrations"}


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.__name__)
def test_public_names_are_known(kind: type) -> None:
    bases = [base for base in kind.__mro__ if base.__module__ == kind.__module__]
    if kind is ThreadPoolExecutor:
        bases = list(kind.__mro__[:-1])
    found = {name for base in bases for name in vars(base) if not name.startswith("_")}

    assert found - OPTIONAL == KNOWN[kind] - OPTIONAL


def test_ways_of_asgiref_are_known() -> None:
    found = {name for name in vars(sync) if name.endswith(("to_sync", "to_async"))}

    assert found == {"async_to_sync", "sync_to_async"}
