"""Addresses and functions that how-to-adopt.md asks a project for."""

from __future__ import annotations

from django.urls import include, path

from tenancy.scopes import Tenant

urlpatterns = [path("", include("tenancy.boundaries.links_urls"))]


def sender(tenant: Tenant) -> str:
    return f"{tenant.schema_name} <no-reply@tenants.example>"
