"""Places of a project that keep what they are given for the life of the process."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

from tenancy.boundaries.process_caches import tenant_cache
from tests.foreign.shop.models import Tag

GLOBAL: dict[str, Any] = {}
QUEUE: deque[Any] = deque()


class Registry:
    shared: ClassVar[list[Any]] = []

    def __init__(self) -> None:
        self.kept: Any = None


SINGLE = Registry()


@functools.lru_cache
def remembered() -> Tag | None:
    return Tag.objects.order_by("pk").first()


@functools.cache
def remembered_by(tag: Any) -> int:
    return 1


@tenant_cache()
def remembered_per_tenant(number: int = 0) -> Tag | None:
    return Tag.objects.order_by("pk").first()


def _made() -> Callable[[], Any]:
    @functools.lru_cache
    def nested() -> Any:
        return list(Tag.objects.all())

    return nested


NESTED = {"made": _made()}

_HERE = __name__

PLANTS: dict[str, tuple[Callable[[], object], str]] = {
    "global dict": (lambda: GLOBAL.update(tag=Tag.objects.first()), f"{_HERE}.GLOBAL"),
    "global, deep": (lambda: GLOBAL.update(a=[{"b": (Tag.objects.first(),)}]), f"{_HERE}.GLOBAL"),
    "global deque": (lambda: QUEUE.append(Tag.objects.first()), f"{_HERE}.QUEUE"),
    "queryset": (lambda: GLOBAL.update(tags=Tag.objects.all()), f"{_HERE}.GLOBAL"),
    "evaluated queryset": (lambda: GLOBAL.update(tags=_evaluated()), f"{_HERE}.GLOBAL"),
    "raw queryset": (
        lambda: GLOBAL.update(tags=Tag.objects.raw("SELECT * FROM shop_tag")),
        f"{_HERE}.GLOBAL",
    ),
    "class attribute": (lambda: Registry.shared.append(Tag.objects.first()), f"{_HERE}.Registry"),
    "instance attribute": (
        lambda: setattr(SINGLE, "kept", Tag.objects.first()),
        f"{_HERE}.SINGLE",
    ),
    "lru_cache, result": (remembered, f"{_HERE}.remembered"),
    "lru_cache, argument": (lambda: remembered_by(Tag.objects.first()), f"{_HERE}.remembered_by"),
    "lru_cache, nested": (NESTED["made"], f"{_HERE}.NESTED"),
}


def _evaluated() -> Any:
    found = Tag.objects.all()
    len(found)
    return found


def forget() -> None:
    GLOBAL.clear()
    QUEUE.clear()
    Registry.shared.clear()
    SINGLE.kept = None
    for cached in (remembered, remembered_by, NESTED["made"]):
        cached.cache_clear()  # type: ignore[attr-defined]  # -- functools'
