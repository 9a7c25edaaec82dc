"""A site with a tenant's models only."""

from __future__ import annotations

from django.urls import path

from tests.doors.admin.sites import shop

__all__ = ["urlpatterns"]

urlpatterns = [path("admin/", shop.urls)]
