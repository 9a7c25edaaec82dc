"""Pages that fail: a view, an asynchronous one, and two of an API."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.doors.logs.failures import FAILURES


def fail(request: HttpRequest, name: str, canary: str) -> HttpResponse:
    FAILURES[name](canary)
    return HttpResponse()


async def afail(request: HttpRequest, name: str, canary: str) -> HttpResponse:
    await sync_to_async(FAILURES[name])(canary)
    return HttpResponse()


class Answer(APIView):
    """As many APIs do: the error's text is the answer."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Any, name: str, canary: str) -> Response:
        try:
            FAILURES[name](canary)
        except Exception as error:  # noqa: BLE001 -- a careless one
            return Response({"error": str(error)}, status=500)
        return Response({})


class Fail(Answer):
    def get(self, request: Any, name: str, canary: str) -> Response:
        FAILURES[name](canary)
        return Response({})


urlpatterns = [
    path("fail/<name>/<canary>/", fail),
    path("afail/<name>/<canary>/", afail),
    path("answer/<name>/<canary>/", Answer.as_view()),
    path("api/<name>/<canary>/", Fail.as_view()),
]
