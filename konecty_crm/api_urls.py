"""The API: resources, a token, the OpenAPI schema and its page."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from konecty_crm.accounts import api as people
from konecty_crm.accounts.api import TokenView
from konecty_crm.conversations import api as conversations
from konecty_crm.leads import api as leads
from konecty_crm.metrics.api import MetricsView
from konecty_crm.viewsets import CrmView

_LOGGED_IN = {
    "authentication_classes": CrmView.authentication_classes,
    "permission_classes": CrmView.permission_classes,
}

router = DefaultRouter()
for app in (leads, conversations, people):
    app.register(router)

app_name = "api"
urlpatterns = [
    path("", include(router.urls)),
    path("metrics/", MetricsView.as_view(), name="metrics"),
    path("token/", TokenView.as_view(), name="token"),
    path("schema/", SpectacularAPIView.as_view(**_LOGGED_IN), name="schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api:schema", **_LOGGED_IN),
        name="docs",
    ),
]
