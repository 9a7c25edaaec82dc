"""The tenant and domain models of a project that was written for django-tenants."""

from __future__ import annotations

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Company(TenantMixin):
    name = models.CharField(max_length=100)


class Host(DomainMixin):
    pass
