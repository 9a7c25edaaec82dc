"""The cache: one per scope, inside any of Django's.

Holds: what one scope put in is not found, changed, counted, prolonged or removed by another, under
whatever key, and not by `clear`. A value that is found where it does not belong is refused: no
hit, and no miss either. No scope: `NoTenantError`. The platform has entries of its own.
Does not hold: memory is shared, so a busy tenant can push out another's entries, as in any cache;
values are signed, not encrypted; how fast an answer comes tells who is busy. See `cache_values`
for numbers and `cache_backends` for what is inside. Turned on for each alias by

    CACHES = {"default": {"BACKEND": "tenancy.boundaries.cache.TenantCache", "LOCATION": ...,
                          "OPTIONS": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}}

`cache_page`, `{% cache %}`, the session engines `cache` and `cached_db` and the throttles of
Django REST framework use the alias they are told, and need nothing else.

Unlike Django's: any key will do (it is replaced by a derived one, so there is no
`CacheKeyWarning`), `has_key` and `touch` read the value to verify it, and only whole numbers from
-2**35 to 2**35 - 1 are counted. What the inner cache offers beyond Django's API is not passed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from typing_extensions import override

from tenancy.boundaries.cache_backends import clear_prefix, inner_cache
from tenancy.boundaries.cache_values import NUMBERS, Place, place, prefix_of
from tenancy.current import require_scope

__all__ = ["TenantCache"]

_MISSING = object()


class TenantCache(BaseCache):
    """Django's cache API over an inner cache; every method works in the current scope only.

    Raises (every method but `close`):
        NoTenantError: there is no scope.

    Raises (every method that reads):
        WrongTenantError: the value was sealed in another scope.
        SealError: the value was not sealed here.
    """

    def __init__(self, location: Any, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._inner = inner_cache(location, params)

    @override
    def make_key(self, key: Any, version: int | None = None) -> str:
        """The key under which the inner cache has it in the current scope."""
        return self._place(key, version).key

    @override
    def validate_key(self, key: Any) -> None:
        """Nothing: every key is replaced by one that every cache takes."""

    @override
    def get_backend_timeout(self, timeout: float | None = DEFAULT_TIMEOUT) -> float | None:
        return self._inner.get_backend_timeout(timeout)

    @override
    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        here = self._place(key, version)
        stored = self._inner.get(here.key, _MISSING)
        return default if stored is _MISSING else here.open(stored)

    @override
    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        asked = {here.key: (key, here) for key, here in self._places(keys, version)}
        if not asked:
            return {}
        found = self._inner.get_many(list(asked))
        return {asked[at][0]: asked[at][1].open(stored) for at, stored in found.items()}

    @override
    def has_key(self, key: Any, version: int | None = None) -> bool:
        here = self._place(key, version)
        stored = self._inner.get(here.key, _MISSING)
        if stored is _MISSING:
            return False
        here.verify(stored)
        return True

    @override
    def add(
        self,
        key: Any,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        here = self._place(key, version)
        return self._inner.add(here.key, here.seal(value), timeout)

    @override
    def set(
        self,
        key: Any,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        here = self._place(key, version)
        self._inner.set(here.key, here.seal(value), timeout)

    @override
    def set_many(
        self,
        data: Mapping[Any, Any],
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> list[Any]:
        asked = {here.key: (key, here) for key, here in self._places(data, version)}
        sealed = {at: here.seal(data[key]) for at, (key, here) in asked.items()}
        return [asked[at][0] for at in self._inner.set_many(sealed, timeout)]

    @override
    def touch(
        self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        if not self.has_key(key, version):
            return False
        return self._inner.touch(self._place(key, version).key, timeout)

    @override
    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._inner.delete(self._place(key, version).key)

    @override
    def delete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        self._inner.delete_many([here.key for _, here in self._places(keys, version)])

    @override
    def clear(self) -> None:
        """Remove the current scope's entries from the inner cache, those of every alias on it.

        Raises:
            WrongTenantError: the inner cache can only remove everybody's; nothing is removed.
        """
        clear_prefix(self._inner, prefix_of(require_scope().stamp))

    @override
    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Add `delta`, in one step where the inner cache can.

        Raises:
            ValueError: there is no such key, or no whole number, or it would leave its range.
        """
        if type(delta) is not int or abs(delta) >= 2 * NUMBERS:
            message = f"a number is counted by whole ones under {2 * NUMBERS}. Found: {delta!r}."
            raise ValueError(message)
        here = self._place(key, version)
        try:
            stored = self._inner.incr(here.key, delta)
        except Exception as error:
            # Each inner cache has an error of its own for what is no number.
            self._refuse_to_count(key, here, error)
            raise
        if here.has_number(stored):
            return here.number(stored)
        self._inner.incr(here.key, -delta)
        if here.has_number(stored - delta):
            raise ValueError(_uncountable(key))
        return here.number(stored)

    @override
    def close(self, **kwargs: Any) -> None:
        self._inner.close(**kwargs)

    # Django 5.2 takes these apart into several calls, which would not be atomic; and whichever
    # thread asks, the inner cache's answer is read to its end, also when the task is cancelled.

    @override
    async def aget_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        return await sync_to_async(self.get_many)(keys, version)

    @override
    async def ahas_key(self, key: Any, version: int | None = None) -> bool:
        return await sync_to_async(self.has_key)(key, version)

    @override
    async def aset_many(
        self,
        data: Mapping[Any, Any],
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> list[Any]:
        return await sync_to_async(self.set_many)(data, timeout, version)

    @override
    async def adelete_many(self, keys: Iterable[Any], version: int | None = None) -> None:
        await sync_to_async(self.delete_many)(keys, version)

    @override
    async def aincr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return await sync_to_async(self.incr)(key, delta, version)

    @override
    async def aclose(self, **kwargs: Any) -> None:
        await sync_to_async(self.close)(**kwargs)

    def _place(self, key: Any, version: int | None) -> Place:
        wanted = self.version if version is None else version
        return place(require_scope().stamp, self.key_func(key, self.key_prefix, wanted))

    def _places(self, keys: Iterable[Any], version: int | None) -> list[tuple[Any, Place]]:
        require_scope()
        return [(key, self._place(key, version)) for key in keys]

    def _refuse_to_count(self, key: Any, here: Place, error: Exception) -> None:
        stored = self._inner.get(here.key, _MISSING)
        if stored is _MISSING:
            message = f"Key '{key}' not found"
            raise ValueError(message) from error
        here.verify(stored)
        if type(stored) is bytes:
            raise ValueError(_uncountable(key)) from error


def _uncountable(key: Any) -> str:
    return f"Key '{key}' cannot be counted. Needed: whole, from {-NUMBERS} to {NUMBERS - 1}."
