"""No pages of its own: the tests of this project work on its models."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("tenancy.boundaries.links_urls"))]
