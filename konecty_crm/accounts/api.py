"""People over the API (managers), and a token for an e-mail address and password."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.authtoken.models import Token
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet
from typing_extensions import override

from konecty_crm.accounts.activity import activate, deactivate
from konecty_crm.accounts.models import Person
from konecty_crm.accounts.serializers import (
    CredentialsSerializer,
    PersonSerializer,
    TokenSerializer,
)
from konecty_crm.accounts.throttle import check_credentials
from konecty_crm.viewsets import CrmView

__all__ = ["PersonViewSet", "TokenView", "register"]


class IsManager(BasePermission):
    @override
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated and request.user.is_manager)


class PersonViewSet(
    CrmView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet,
):
    """The people of the agency; for managers."""

    queryset = Person.objects.all()
    serializer_class = PersonSerializer
    permission_classes = (*CrmView.permission_classes, IsManager)
    filterset_fields = ("role", "is_active")
    search_fields = ("name_key", "email")
    ordering_fields = ("name_key", "date_joined")
    ordering = ("name_key", "pk")

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: str) -> Response:
        """Take the person's access; not your own."""
        person = self.get_object()
        if person.pk == request.user.pk:
            return Response({"detail": "not your own access"}, status=status.HTTP_409_CONFLICT)
        deactivate(person)
        return Response(self.get_serializer(person).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        """Give the person access again."""
        person = self.get_object()
        activate(person)
        return Response(self.get_serializer(person).data)


class TokenView(APIView):
    """A token for `Authorization: Token …`; wrong attempts are counted as on the log-in page."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(request=CredentialsSerializer, responses=TokenSerializer)
    def post(self, request: Request) -> Response:
        given = CredentialsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            person = check_credentials(request._request, **given.validated_data)  # noqa: SLF001 -- Django's own request; DRF has no public name for it
        except ValidationError as error:
            throttled = error.code == "throttled"
            code = status.HTTP_429_TOO_MANY_REQUESTS if throttled else status.HTTP_400_BAD_REQUEST
            return Response({"detail": error.messages[0]}, status=code)
        token, _created = Token.objects.get_or_create(user=person)
        return Response({"token": token.key})


def register(router: BaseRouter) -> None:
    """Add this app's lists to the API."""
    router.register("people", PersonViewSet, basename="person")
