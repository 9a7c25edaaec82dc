"""The caches that a `TenantCache` may have inside, and how each forgets one scope only.

Holds: keys reach the inner cache exactly as they were derived. What Redis and the database answer
is not unpickled before it is verified: whoever can write there cannot run code here. `clear`
removes one scope's entries. Does not hold: file-based and memcached caches, and any that this file
does not know, unpickle by themselves and cannot tell one scope's entries from another's, so
`clear` is refused there and check `tenancy.E043` says so. Turned on by `OPTIONS["BACKEND"]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from django.utils.module_loading import import_string

from tenancy.boundaries.cache_database import TableCache
from tenancy.boundaries.cache_values import MARK
from tenancy.exceptions import ConfigurationError, WrongTenantError
from tenancy.refusals import refused

__all__ = ["backend_of", "clear_prefix", "inner_cache", "is_known"]

_SCANNED_KEYS = 1_000


class _LocMem(LocMemCache):
    def clear_prefix(self, prefix: str) -> None:
        memory: Any = self
        with memory._lock:
            for key in [key for key in memory._cache if key.startswith(prefix)]:
                memory._delete(key)


class _Dummy(DummyCache):
    def clear_prefix(self, prefix: str) -> None:
        """Nothing is kept."""


class _Redis(RedisCache):
    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        options = params["OPTIONS"]
        if "serializer" in options:
            message = (
                "CACHES: Redis inside a TenantCache has a serializer. Found: "
                f"{options['serializer']!r}. Needed: none; it would read what is not verified."
            )
            raise ConfigurationError(message)
        super().__init__(server, {**params, "OPTIONS": {**options, "serializer": _AsItIs}})

    def clear_prefix(self, prefix: str) -> None:
        redis: Any = self
        client = redis._cache.get_client(None, write=True)
        cursor = 0
        while True:
            cursor, keys = client.scan(cursor, match=f"{prefix}*", count=_SCANNED_KEYS)
            if keys:
                client.unlink(*keys)
            if not cursor:
                return


class _AsItIs:
    """Stands for Django's serializer: bytes and numbers as they are, nothing is unpickled."""

    def dumps(self, stored: bytes | int) -> bytes | int:
        return stored

    def loads(self, found: bytes) -> bytes | int:
        if found.startswith(MARK):
            return found
        try:
            return int(found)
        except ValueError:
            return found


_KNOWN: tuple[tuple[type[BaseCache], type[BaseCache]], ...] = (
    (LocMemCache, _LocMem),
    (RedisCache, _Redis),
    (DatabaseCache, TableCache),
    (DummyCache, _Dummy),
)


def inner_cache(location: Any, params: Mapping[str, Any]) -> BaseCache:
    """The cache that `params["OPTIONS"]["BACKEND"]` names, with the other options.

    Raises:
        ConfigurationError: none is named, or it cannot be one.
    """
    options = dict(params.get("OPTIONS") or {})
    made = _adapted(backend_of(params))
    options.pop("BACKEND")
    inner: Any = made(
        location, {**params, "OPTIONS": options, "KEY_FUNCTION": _same_key, "KEY_PREFIX": ""}
    )
    if made.make_and_validate_key is BaseCache.make_and_validate_key:
        # A derived key fits every cache: neither made again nor looked at for each use.
        inner.make_and_validate_key = _derived_key
    return inner  # type: ignore[no-any-return]  # -- Any for the attribute above


def is_known(backend: type[BaseCache]) -> bool:
    """Whether what this cache answers is verified before it is unpickled, and `clear` works."""
    return any(issubclass(backend, known) for known, _ in _KNOWN)


def clear_prefix(inner: BaseCache, prefix: str) -> None:
    """Remove the entries whose keys begin with `prefix`, and no other.

    Raises:
        WrongTenantError: this cache can only remove everybody's.
    """
    clear = getattr(inner, "clear_prefix", None)
    if clear is None:
        message = (
            f"refused: clear() would remove every tenant's entries. Found: {type(inner).__name__}"
            ", which cannot tell them apart. Needed: locmem, Redis or the database, or delete()."
        )
        raise refused(WrongTenantError(message, reason="cache:clear:refused"))
    clear(prefix)


def backend_of(params: Mapping[str, Any]) -> type[BaseCache]:
    """The class that `params["OPTIONS"]["BACKEND"]` names.

    Raises:
        ConfigurationError: none is named, or it cannot be one.
    """
    name = (params.get("OPTIONS") or {}).get("BACKEND")
    try:
        found = import_string(name) if isinstance(name, str) else name
    except ImportError as error:
        raise _no_backend(name) from error
    if not (isinstance(found, type) and issubclass(found, BaseCache)):
        raise _no_backend(name)
    return found


def _no_backend(name: object) -> ConfigurationError:
    message = (
        f"CACHES: OPTIONS['BACKEND'] of a TenantCache is {name!r}. "
        "Needed: the dotted path of the cache that keeps the entries."
    )
    return ConfigurationError(message)


def _adapted(backend: type[BaseCache]) -> type[Any]:
    for known, own in _KNOWN:
        if issubclass(backend, known):
            return own if backend is known else type(backend.__name__, (own, backend), {})
    return backend


def _same_key(key: str, key_prefix: str, version: int) -> str:
    return key


def _derived_key(key: str, version: int | None = None) -> str:
    return key
