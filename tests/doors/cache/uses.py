"""How each public method of Django's cache API is brought to touch another's entries."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.base import BaseCache

from tests.doors.cache.stores import Use


def _clear(cache: Any) -> None:
    # What it returns is each backend's own.
    cache.clear()


async def _aclear(cache: Any) -> None:
    await cache.aclear()


SYNC: dict[str, Use] = {
    "add": lambda cache: cache.add("word", "theirs"),
    "clear": _clear,
    "decr": lambda cache: cache.decr("number"),
    "decr_version": lambda cache: cache.decr_version("word", version=1),
    "delete": lambda cache: cache.delete("word"),
    "delete_many": lambda cache: cache.delete_many(["word", "number"]),
    "get": lambda cache: cache.get("word"),
    "get_many": lambda cache: cache.get_many(["word", "number"]),
    "get_or_set": lambda cache: cache.get_or_set("word", "theirs"),
    "has_key": lambda cache: cache.has_key("word"),
    "incr": lambda cache: cache.incr("number"),
    "incr_version": lambda cache: cache.incr_version("word"),
    "set": lambda cache: cache.set("word", "theirs"),
    "set_many": lambda cache: cache.set_many({"word": "theirs"}),
    "touch": lambda cache: cache.touch("word", 30),
    "__contains__": lambda cache: "word" in cache,
}

ASYNC: dict[str, Use] = {
    "aadd": lambda cache: cache.aadd("word", "theirs"),
    "aclear": _aclear,
    "adecr": lambda cache: cache.adecr("number"),
    "adecr_version": lambda cache: cache.adecr_version("word", version=1),
    "adelete": lambda cache: cache.adelete("word"),
    "adelete_many": lambda cache: cache.adelete_many(["word", "number"]),
    "aget": lambda cache: cache.aget("word"),
    "aget_many": lambda cache: cache.aget_many(["word", "number"]),
    "aget_or_set": lambda cache: cache.aget_or_set("word", "theirs"),
    "ahas_key": lambda cache: cache.ahas_key("word"),
    "aincr": lambda cache: cache.aincr("number"),
    "aincr_version": lambda cache: cache.aincr_version("word"),
    "aset": lambda cache: cache.aset("word", "theirs"),
    "aset_many": lambda cache: cache.aset_many({"word": "theirs"}),
    "atouch": lambda cache: cache.atouch("word", 30),
}

# These touch no entry; `make_key` and what it is made of are tried by themselves.
WITHOUT_ENTRIES = {
    "aclose",
    "close",
    "default_timeout",
    "get_backend_timeout",
    "key_func",
    "key_prefix",
    "make_and_validate_key",
    "make_key",
    "validate_key",
    "version",
}


def public() -> set[str]:
    """The public names of a cache, in the Django that is installed."""
    names = {*dir(BaseCache), *vars(BaseCache({}))}
    return {name for name in names if not name.startswith("_")} | {"__contains__"}
