"""Leads, contacts and notes over the API: everything is limited to what the person sees."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet
from typing_extensions import override

from konecty_crm.accounts.queries import sees_everything
from konecty_crm.leads import serializers
from konecty_crm.leads.actions import assign, change_stage
from konecty_crm.leads.filters import LeadFilter
from konecty_crm.leads.models import Contact, Lead, Note, Stage
from konecty_crm.viewsets import CrmView

__all__ = ["ContactViewSet", "LeadViewSet", "NoteViewSet", "register"]


class _ListCreateUpdate(
    CrmView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    GenericViewSet,
):
    http_method_names = ("get", "post", "patch", "head", "options")


class LeadViewSet(_ListCreateUpdate):
    queryset = Lead.objects.none()
    serializer_class = serializers.LeadSerializer
    filterset_class = LeadFilter
    search_fields = ("contact__name_key", "contact__email", "contact__phone")
    ordering_fields = ("created_at", "stage_changed_at", "value", "contact__name_key")
    ordering = ("-created_at", "-pk")

    @override
    def get_queryset(self) -> QuerySet[Lead]:
        return Lead.objects.visible_to(self.request.user).for_list()

    @override
    def perform_create(self, serializer: BaseSerializer[Lead]) -> None:
        person = self.request.user
        serializer.save(broker=None if sees_everything(person) else person)

    @extend_schema(request=serializers.StageSerializer)
    @action(detail=True, methods=["post"])
    def stage(self, request: Request, pk: str) -> Response:
        """Move the lead to another stage; the history is written with it."""
        lead = self.get_object()
        given = serializers.StageSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        change_stage(lead, Stage(given.validated_data["stage"]), by=request.user)
        return Response(self.get_serializer(lead).data)

    @extend_schema(request=serializers.AssignSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Give the lead to a broker, or to nobody; for managers."""
        lead = self.get_object()
        if not sees_everything(request.user):
            raise Http404
        given = serializers.AssignSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        page = request.build_absolute_uri(reverse("leads:detail", args=[lead.pk]))
        assign(lead, given.validated_data["broker"], page=page)
        return Response(self.get_serializer(lead).data)

    @extend_schema(responses=serializers.StageChangeSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=())
    def history(self, request: Request, pk: str) -> Response:
        """Every change of the lead's stage, newest first."""
        changes = self.get_object().stage_changes.all()
        return Response(serializers.StageChangeSerializer(changes, many=True).data)


class ContactViewSet(_ListCreateUpdate):
    queryset = Contact.objects.none()
    serializer_class = serializers.ContactSerializer
    filterset_fields = ("phone", "email")
    search_fields = ("name_key", "email", "phone")
    ordering_fields = ("name_key", "created_at")
    ordering = ("name_key", "pk")

    @override
    def get_queryset(self) -> QuerySet[Contact]:
        return Contact.objects.visible_to(self.request.user)

    @override
    def perform_create(self, serializer: BaseSerializer[Contact]) -> None:
        if not sees_everything(self.request.user):
            # They would not see it: a broker sees contacts through their leads.
            raise PermissionDenied("create it with its lead: POST /api/leads/ with new_contact")
        serializer.save()


class NoteViewSet(
    CrmView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet,
):
    queryset = Note.objects.none()
    serializer_class = serializers.NoteSerializer
    filterset_fields = ("lead", "author")
    filter_backends = (DjangoFilterBackend, SearchFilter, OrderingFilter)
    search_fields = ("text",)
    ordering_fields = ("created_at",)
    ordering = ("-created_at", "-pk")

    @override
    def get_queryset(self) -> QuerySet[Note]:
        return Note.objects.visible_to(self.request.user).select_related("author")

    @override
    def perform_create(self, serializer: BaseSerializer[Note]) -> None:
        serializer.save(author=self.request.user)


def register(router: BaseRouter) -> None:
    """Add this app's lists to the API."""
    router.register("leads", LeadViewSet, basename="lead")
    router.register("contacts", ContactViewSet, basename="contact")
    router.register("notes", NoteViewSet, basename="note")
