"""Threads and messages over the API: everything is limited to what the person sees."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import mixins
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.routers import BaseRouter
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet
from typing_extensions import override

from konecty_crm.conversations.filters import MessageFilter, ThreadFilter
from konecty_crm.conversations.models import Message, Thread
from konecty_crm.conversations.serializers import MessageSerializer, ThreadSerializer
from konecty_crm.viewsets import CrmView

__all__ = ["MessageViewSet", "ThreadViewSet", "register"]


class ThreadViewSet(CrmView, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    queryset = Thread.objects.none()
    serializer_class = ThreadSerializer
    filterset_class = ThreadFilter
    search_fields = ("contact__name_key", "contact__phone")
    ordering_fields = ("last_message_at", "unread", "contact__name_key")
    ordering = ("-last_message_at", "-pk")

    @override
    def get_queryset(self) -> QuerySet[Thread]:
        return Thread.objects.visible_to(self.request.user).for_list()


class MessageViewSet(
    CrmView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet,
):
    """Messages; writing one queues it, nothing sends it yet."""

    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    filterset_class = MessageFilter
    filter_backends = (DjangoFilterBackend, SearchFilter, OrderingFilter)
    search_fields = ("text",)
    ordering_fields = ("sent_at", "status_at")
    ordering = ("-sent_at", "-pk")

    @override
    def get_queryset(self) -> QuerySet[Message]:
        return Message.objects.visible_to(self.request.user)

    @override
    def perform_create(self, serializer: BaseSerializer[Message]) -> None:
        serializer.save(author=self.request.user)


def register(router: BaseRouter) -> None:
    """Add this app's lists to the API."""
    router.register("threads", ThreadViewSet, basename="thread")
    router.register("messages", MessageViewSet, basename="message")
