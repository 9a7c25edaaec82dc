"""Pages for the tests: each says which tenant it was made for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import cache_page
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from tenancy.context import current_tenant


class OnceADay(AnonRateThrottle):
    rate = "1/day"


class Throttled(APIView):
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (OnceADay,)

    def get(self, request: Request) -> Response:
        return Response(current_tenant().id)


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse(current_tenant().id)


cached = cache_page(60)(plain)


def who(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.session.get("who")))


urlpatterns = [
    path("plain/", plain),
    path("cached/", cached),
    path("who/", who),
    path("throttled/", Throttled.as_view()),
]
