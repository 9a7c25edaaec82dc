"""What may be said of a value or an error outside its tenant: kinds, keys and places, no contents.

Holds: a model instance is told as label and key, an error as its class and where it was raised, a
collection as its size, any other object as its class. The message of an error is told only if its
author keeps rows out of it: `tenancy`'s own, and database errors that `tenancy.backend.errors`
sanitised. Tenants appear by their opaque id. Does not hold: text is told as it is given, because
nobody can tell a row's value from other text; what is known of it is taken out (the messages of
the errors at hand, the query part of an address).
On: always; with TENANCY["ERROR_DETAILS"] and DEBUG, messages are told as they are.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import re
import sys
import traceback
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.db import Error as DatabaseError
from django.db import models
from django.middleware.csrf import RejectRequest

from tenancy import conf
from tenancy.backend.errors import is_sanitised
from tenancy.exceptions import ProvisioningError, TenancyError
from tenancy.refusals import without_names

__all__ = ["chain", "clean_text", "described", "errors_of", "told", "written"]

_PLAIN = (decimal.Decimal, dt.date, dt.time, dt.timedelta, uuid.UUID, Path)
_QUERY_STRING = re.compile(r"\?[^\s?\"'<>]*=[^\s\"'<>]*")
_MOST_ERRORS = 20


def told(value: object, *, errors: tuple[BaseException, ...] = ()) -> Any:
    """A value as it may be told: plain data for JSON, safe to tell again.

    `errors` are those at hand, whose messages are taken out of texts.
    """
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, str):
        return clean_text(str.__str__(value), errors)
    if isinstance(value, Mapping):
        return {str(told(key)): told(kept, errors=errors) for key, kept in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [told(kept, errors=errors) for kept in value]
    return value if isinstance(value, bool | int | float | None) else _one(value)


def _one(value: object) -> str:
    if isinstance(value, BaseException):
        return described(value)
    return str(value) if isinstance(value, _PLAIN) else _kind(value)


def _kind(value: object) -> str:
    cls = value if isinstance(value, type) else type(value)
    if issubclass(cls, models.Model):
        label = cls._meta.label
        return label if value is cls else f"{label}:{value.__dict__.get(cls._meta.pk.attname)}"
    return f"<{cls.__module__}.{cls.__qualname__}>"


def described(error: BaseException) -> str:
    """An error's class, and its message if that may be told."""
    name = type(error).__name__
    if not _may_be_quoted(error):
        return name
    text = without_names(str(error))
    return text if text.startswith(name) else f"{name}: {text}"


def _may_be_quoted(error: BaseException) -> bool:
    if is_sanitised(error) or conf.shows_error_details():
        return True
    if isinstance(error, TenancyError):
        # What a project's own ON_CREATE raised is quoted by this one.
        return not isinstance(error, ProvisioningError)
    if isinstance(error, RejectRequest):
        # Django's own words for a wrong CSRF token; some quote the address that a browser sent.
        return "://" not in str(error)
    cause = error.__cause__
    return (
        isinstance(error, DatabaseError)
        and cause is not None
        and is_sanitised(cause)
        and error.args == cause.args
    )


def clean_text(text: str, errors: tuple[BaseException, ...] = ()) -> str:
    """A text without query strings, schema names in stamps, and the messages of `errors`."""
    if conf.shows_error_details():
        return text
    for error in errors:
        if not _may_be_quoted(error):
            for message in sorted(_messages(error), key=len, reverse=True):
                found = rf"(?<!\w){re.escape(message)}(?!\w)"
                text = re.sub(found, f"[{type(error).__name__}]", text)
    return without_names(_QUERY_STRING.sub("?…", text))


def _messages(error: BaseException) -> set[str]:
    texts = {str(error), *(arg for arg in error.args if isinstance(arg, str))}
    # As `repr` writes them, which differs where there are line ends or quotes.
    texts |= {repr(text)[1:-1] for text in texts}
    return texts - {"", type(error).__name__}


def errors_of(given: object = None) -> tuple[BaseException, ...]:
    """The error given (or its `exc_info`) and the one being handled, with causes and contexts."""
    found: list[BaseException] = []
    waiting = [given[1] if isinstance(given, tuple) else given, sys.exception()]
    while waiting and len(found) < _MOST_ERRORS:
        error = waiting.pop(0)
        if isinstance(error, BaseException) and error not in found:
            found.append(error)
            waiting += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
    return tuple(found)


def chain(error: BaseException) -> list[dict[str, Any]]:
    """An error and what led to it, the last first: classes, places and what may be told."""
    return [{"error": described(one), "at": list(_places(one))} for one in _led_by(error)]


def _led_by(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    waiting = [error]
    while waiting and len(seen) < _MOST_ERRORS:
        one = waiting.pop(0)
        if any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        before = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        waiting += [*getattr(one, "exceptions", ()), *([before] if before else [])]


def _places(error: BaseException) -> Iterator[str]:
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield f"{frame.f_code.co_filename}:{line} {frame.f_code.co_qualname}"


def written(error: BaseException) -> str:
    """`chain` as text, the first error first, as Python writes tracebacks."""
    parts = [
        "\n".join((*(f"  {place}" for place in one["at"]), one["error"]))
        for one in reversed(chain(error))
    ]
    return "Traceback, without messages and source:\n" + "\n\n".join(parts)
