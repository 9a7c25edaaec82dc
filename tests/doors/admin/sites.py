"""Admin sites for one host or the other, as the checks and the platform's pages see them."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django_tenants.utils import get_tenant_model

from tests.foreign.shop.models import Buyer

__all__ = ["urlpatterns"]

register = admin.AdminSite(name="register")
register.register(get_tenant_model(), admin.ModelAdmin)
shop = admin.AdminSite(name="shop")
shop.register(Buyer, admin.ModelAdmin)

urlpatterns = [path("deep/", include([path("register/", register.urls)]))]
