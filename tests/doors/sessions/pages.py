"""Pages that say who somebody is, keep a signed cookie, and take a form."""

from __future__ import annotations

from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.views.decorators.csrf import csrf_protect

SECRET_COOKIE = "remember"  # noqa: S105 -- a test's own


def who(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"user": request.user.pk, "note": request.session.get("note")})


async def awho(request: HttpRequest) -> JsonResponse:
    user = await request.auser()
    return JsonResponse({"user": user.pk, "note": await request.session.aget("note")})


def note(request: HttpRequest) -> HttpResponse:
    request.session["note"] = request.GET["note"]
    return HttpResponse()


def remember(request: HttpRequest) -> HttpResponse:
    response = HttpResponse()
    response.set_signed_cookie(SECRET_COOKIE, "user 7")
    return response


def remembered(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.get_signed_cookie(SECRET_COOKIE, default="nobody"))


def say(request: HttpRequest) -> HttpResponse:
    response = HttpResponse()
    storage = CookieStorage(request)
    storage.add(20, "a lead was sold")
    storage.update(response)
    return response


def said(request: HttpRequest) -> HttpResponse:
    setattr(request, "_messages", CookieStorage(request))  # noqa: B010 -- as Django's middleware
    return HttpResponse(",".join(str(message) for message in get_messages(request)))


def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_token(request) if request.method == "GET" else "accepted")


urlpatterns = [
    path("who/", who),
    path("awho/", awho),
    path("note/", note),
    path("remember/", remember),
    path("remembered/", remembered),
    path("say/", say),
    path("said/", said),
    path("form/", form),
    path("protected/", csrf_protect(form)),
]
