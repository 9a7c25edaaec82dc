"""Threads and messages as JSON; a message is written to a visible thread only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from typing_extensions import override

from konecty_crm.conversations.actions import reply
from konecty_crm.conversations.models import Message, Thread

__all__ = ["MessageSerializer", "ThreadSerializer"]


class _VisibleThread(serializers.PrimaryKeyRelatedField):
    """Takes threads that the caller sees; any other is "does not exist"."""

    @override
    def get_queryset(self) -> Any:
        person = self.context["request"].user
        threads = Thread.objects.all()
        return threads.visible_to(person) if person.is_authenticated else threads.none()


class ThreadSerializer(serializers.ModelSerializer):
    contact_name = serializers.CharField(source="contact.name", read_only=True)
    channel_number = serializers.CharField(source="channel.display_phone_number", read_only=True)
    broker = serializers.IntegerField(source="broker.pk", read_only=True, default=None)

    class Meta:
        model = Thread
        fields = (
            "id",
            "channel_number",
            "contact",
            "contact_name",
            "lead",
            "broker",
            "last_message_at",
            "unread",
        )
        read_only_fields = fields


class MessageSerializer(serializers.ModelSerializer):
    """What a person writes is queued as an outgoing message; nothing sends it yet."""

    thread = _VisibleThread(queryset=Thread.objects.none())
    text = serializers.CharField(max_length=4096)

    class Meta:
        model = Message
        fields = (
            "id",
            "thread",
            "direction",
            "kind",
            "text",
            "sent_at",
            "status",
            "status_at",
            "author",
        )
        read_only_fields = ("direction", "kind", "sent_at", "status", "status_at", "author")

    @override
    def create(self, validated_data: dict[str, Any]) -> Message:
        return reply(**validated_data)
