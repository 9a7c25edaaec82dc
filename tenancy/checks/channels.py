"""System checks of channel layers: one that tenants share, or that cannot work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

__all__ = ["check_channels", "check_deployed_channels"]

_DOOR = "tenancy.boundaries.channels.TenantChannelLayer"
_IN_MEMORY = "channels.layers.InMemoryChannelLayer"

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy", deploy=True)
def check_channels(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is wrong in every environment."""
    found: list[checks.CheckMessage] = []
    for alias, given in _layers():
        if not _is_ours(given.get("BACKEND", "")):
            found.append(
                _error(
                    "E080",
                    f"CHANNEL_LAYERS[{alias!r}] is {given.get('BACKEND')!r}: groups of one name "
                    "are one group for all tenants.",
                    f"Put {_DOOR!r} around it; it goes into CONFIG['inner'].",
                )
            )
        else:
            found.extend(_inner(alias, given))
    return found


@checks.register("tenancy", deploy=True)
def check_deployed_channels(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is acceptable in one process only."""
    return [
        _error(
            "E082",
            f"CHANNEL_LAYERS[{alias!r}] keeps messages in one process's memory.",
            "Use channels_redis.core.RedisChannelLayer as CONFIG['inner'].",
        )
        for alias, given in _layers()
        if given.get("CONFIG", {}).get("inner", {}).get("BACKEND") == _IN_MEMORY
    ]


def _layers() -> list[tuple[str, dict[str, Any]]]:
    return list((getattr(settings, "CHANNEL_LAYERS", None) or {}).items())


def _is_ours(path: str) -> bool:
    if path == _DOOR:
        return True
    try:
        return issubclass(import_string(path), import_string(_DOOR))
    except (ImportError, TypeError):
        return False


def _inner(alias: str, given: dict[str, Any]) -> _Found:
    inner = given.get("CONFIG", {}).get("inner", {}).get("BACKEND", "")
    problem = "" if inner else "is missing"
    if _is_ours(inner):
        problem = "is the door itself"
    elif inner:
        try:
            import_string(inner)
        except ImportError as error:
            problem = f"cannot be imported: {error}"
    if problem:
        yield _error(
            "E081",
            f"CHANNEL_LAYERS[{alias!r}]['CONFIG']['inner'] {problem}.",
            "Needed: {'BACKEND': 'channels_redis.core.RedisChannelLayer', 'CONFIG': {…}}.",
        )


def _error(number: str, message: str, hint: str) -> checks.CheckMessage:
    return checks.Error(message, hint=hint, id=f"tenancy.{number}")
