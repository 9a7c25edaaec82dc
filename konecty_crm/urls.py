"""What an agency's host serves."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from konecty_crm.views import HomePage

urlpatterns = [
    path("", HomePage.as_view(), name="home"),
    path("", include("konecty_crm.accounts.urls")),
    path("leads/", include("konecty_crm.leads.urls")),
    path("conversas/", include("konecty_crm.conversations.urls")),
    path("metricas/", include("konecty_crm.metrics.urls")),
    path("", include("tenancy.boundaries.links_urls")),
    path("api/", include("konecty_crm.api_urls")),
    path("admin/", admin.site.urls),
]
