"""A server process: a chat whose sockets all join the group `leads`; plain, or with the door."""

from __future__ import annotations

import os
from typing import Any

import django
from channels.generic.websocket import AsyncJsonWebsocketConsumer, JsonWebsocketConsumer
from channels.routing import URLRouter
from django.conf import settings
from django.urls import path

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
django.setup()

from asgiref.sync import async_to_sync  # noqa: E402 -- after setup
from channels.db import database_sync_to_async  # noqa: E402 -- after setup

from tenancy.boundaries.channels import group  # noqa: E402 -- after setup
from tenancy.boundaries.sockets_asgi import TenantSocketMiddleware  # noqa: E402 -- after setup
from tenancy.current import current_scope  # noqa: E402 -- after setup
from tests.foreign.shop.models import Buyer  # noqa: E402 -- after setup


def _group() -> str:
    return group("leads") if ON else "leads"


def _facts(names: list[str]) -> dict[str, Any]:
    scope = current_scope()
    held = 0 if scope is None else len(scope.unit.sessions)
    return {"schema": scope and scope.schema, "buyers": names, "held": held}


class Chat(AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        await self.channel_layer.group_add(_group(), self.channel_name)
        await self.accept()

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        if content == "buyers":
            names = await database_sync_to_async(lambda: [b.name for b in Buyer.objects.all()])()
            await self.send_json(_facts(names))
        elif content == "facts":
            await self.send_json(_facts([]))
        else:
            await self.channel_layer.group_send(_group(), {"type": "said", "text": content})

    async def said(self, event: dict[str, Any]) -> None:
        await self.send_json(event["text"])


class SyncChat(JsonWebsocketConsumer):
    def connect(self) -> None:
        async_to_sync(self.channel_layer.group_add)(_group(), self.channel_name)
        self.accept()

    def receive_json(self, content: Any, **kwargs: Any) -> None:
        if content == "buyers":
            self.send_json(_facts([buyer.name for buyer in Buyer.objects.all()]))
        else:
            async_to_sync(self.channel_layer.group_send)(
                _group(), {"type": "said", "text": content}
            )

    def said(self, event: dict[str, Any]) -> None:
        self.send_json(event["text"])


_router = URLRouter([path("chat", Chat.as_asgi()), path("sync", SyncChat.as_asgi())])
# Off: the socket has no tenant at all, as with a plain Channels project.
application = TenantSocketMiddleware(_router) if ON else _router
__all__ = ["application"]
