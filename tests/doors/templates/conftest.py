"""Tenants that each have a template of the same name, with their own text."""

from __future__ import annotations

import pytest

from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.foreign.shop.models import Buyer


@pytest.fixture
def worded(committed: TestTenants) -> TestTenants:
    base = "{{% block b %}}{}{{% endblock %}}"
    child = "{% extends 'base.html' %}{% block b %}child of {{ block.super }}{% endblock %}"
    for tenant in committed.tenants:
        with as_tenant(tenant):
            Buyer.objects.create(phone="hello.html", name=f"hello from {tenant.id}")
            Buyer.objects.create(phone="base.html", name=base.format(tenant.id))
            Buyer.objects.create(phone="child.html", name=child)
    return committed
