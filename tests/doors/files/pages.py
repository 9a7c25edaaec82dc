"""Where the tests' downloads are served, and pages that ask a storage for an address."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from tenancy.exceptions import IsolationError


def address(request: HttpRequest) -> HttpResponse:
    """The stored plan's address; asks for the user first if `?known`."""
    if "known" in request.GET:
        _ = request.user.is_authenticated
    try:
        return HttpResponse(default_storage.url("docs/plan.txt"))
    except IsolationError as error:
        return HttpResponse(error.reason, status=418)


urlpatterns = [
    path("address/", address),
    path("down/", include("tenancy.boundaries.links_urls")),
]
