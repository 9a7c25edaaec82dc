"""A server process with server-sent events: rows, and what is said to the group `leads`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import django
from django.conf import settings

ON = os.environ["DOOR"] == "on"


def _layers() -> dict[str, Any]:
    inner = {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [os.environ["DOOR_REDIS"]]},
    }
    if not ON:
        return {"default": inner}
    door = "tenancy.boundaries.channels.TenantChannelLayer"
    return {"default": {"BACKEND": door, "CONFIG": {"inner": inner}}}


settings.DATABASES["default"]["NAME"] = os.environ["DOOR_DATABASE"]
settings.CHANNEL_LAYERS = _layers()
settings.ALLOWED_HOSTS = ["*"]
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = ["tenancy.middleware.TenantMiddleware"]
django.setup()

from channels.layers import get_channel_layer  # noqa: E402 -- after setup
from django.core.asgi import get_asgi_application  # noqa: E402 -- after setup
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse  # noqa: E402 -- as above
from django.urls import path  # noqa: E402 -- after setup

from tenancy.backend.lending import pool  # noqa: E402 -- after setup
from tenancy.boundaries.channels import group  # noqa: E402 -- after setup
from tenancy.current import current_scope, require_scope  # noqa: E402 -- after setup
from tests.foreign.shop.models import Buyer  # noqa: E402 -- after setup

_PAUSE_SECONDS = 0.05
_ended: list[str] = []


def _group() -> str:
    return group("leads") if ON else "leads"


def _event(content: Any) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


def _streamed(events: AsyncIterator[bytes]) -> StreamingHttpResponse:
    return StreamingHttpResponse(events, content_type="text/event-stream")


async def rows(request: HttpRequest) -> StreamingHttpResponse:
    """The buyers of the tenant, read anew for each event, until the client goes away."""
    entered = require_scope()

    async def events() -> AsyncIterator[bytes]:
        try:
            while True:
                names = [buyer.name async for buyer in Buyer.objects.all()]
                scope = require_scope()
                yield _event({"buyers": names, "same unit": scope.unit is entered.unit})
                await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            scope_at_end = current_scope()
            _ended.append(scope_at_end.stamp if scope_at_end else "none")

    return _streamed(events())


async def listen(request: HttpRequest) -> StreamingHttpResponse:
    """What is said to the group `leads` of this tenant."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(_group(), channel)

    async def events() -> AsyncIterator[bytes]:
        yield _event("listening")
        while True:
            message = await layer.receive(channel)
            yield _event(message["text"])

    return _streamed(events())


async def say(request: HttpRequest) -> JsonResponse:
    """Say something to the group `leads`."""
    message = {"type": "said", "text": request.GET["text"]}
    await get_channel_layer().group_send(_group(), message)
    return JsonResponse({})


async def facts(request: HttpRequest) -> JsonResponse:
    """Connections of the process that are lent, and the scopes in which streams have ended."""
    return JsonResponse({"lent": pool().lent, "ended": _ended})


urlpatterns = [path(view.__name__, view) for view in (rows, listen, say, facts)]
application = get_asgi_application()
__all__ = ["application"]
