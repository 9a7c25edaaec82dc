"""The one URL of `tenancy.boundaries.links`, to be included where tenants are served.

Holds and does not hold what that module says.
"""

from __future__ import annotations

from django.urls import path

from tenancy.boundaries.links import URL_NAME, download

urlpatterns = [path("files/<str:link>/", download, name=URL_NAME)]
