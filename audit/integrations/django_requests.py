"""A request as a unit of work, in a project without `tenancy`; streamed bodies part by part."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import LazyObject, empty

from audit.integrations.django_units import resumed, unit_of_work
from audit.recording.pending import Origin
from audit.recording.unit_record import UnitRecord

__all__ = ["aanswer", "answer_in_unit"]


def answer_in_unit(
    get_response: Callable[[HttpRequest], HttpResponseBase], request: HttpRequest, origin: Origin
) -> HttpResponseBase:
    """The response, once its events are stored.

    Raises:
        AuditRefusedError: they could not be; nothing may leave.
    """
    with ExitStack() as stack:
        record = _enter(stack, request, origin)
        response = get_response(request)
        if getattr(response, "streaming", False):
            record.release([])
            body: Any = response
            body.streaming_content = _parts(body.streaming_content, record)
    return response


async def aanswer(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
    request: HttpRequest,
    origin: Origin,
) -> HttpResponseBase:
    """As `answer_in_unit`; the event loop does not wait for the log."""
    stack = ExitStack()
    try:
        record = _enter(stack, request, origin)
        response = await get_response(request)
        await sync_to_async(record.release)([])
        if getattr(response, "streaming", False):
            body: Any = response
            body.streaming_content = _aparts(body._iterator, record)
    finally:
        stack.close()
    return response


def _enter(stack: ExitStack, request: HttpRequest, origin: Origin) -> UnitRecord:
    actor = functools.partial(_actor_of, request)
    record = stack.enter_context(unit_of_work(surface="request", actor=actor))
    record.unit.origin = origin
    return record


def _actor_of(request: HttpRequest) -> str:
    """`user:<pk>` once somebody has asked for the user; nobody is read for the log's sake."""
    user = vars(request).get("user")
    if isinstance(user, LazyObject):
        user = None if user._wrapped is empty else user._wrapped
    if user is None:
        return ""
    return f"user:{user.pk}" if user.is_authenticated else "anonymous"


def _parts(content: Iterable[bytes], record: UnitRecord) -> Iterator[bytes]:
    parts = iter(content)
    while True:
        with resumed(record):
            part = next(parts, None)
        record.release([])
        if part is None:
            return
        yield part


async def _aparts(content: AsyncIterable[bytes], record: UnitRecord) -> AsyncIterator[bytes]:
    parts = aiter(content)
    while True:
        with resumed(record):
            part = await anext(parts, None)
        await sync_to_async(record.release)([])
        if part is None:
            return
        yield part
