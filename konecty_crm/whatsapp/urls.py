"""The webhook's address, without a slash at its end: Meta follows no redirects."""

from __future__ import annotations

from django.urls import path

from konecty_crm.whatsapp.views import Webhook

app_name = "whatsapp"
urlpatterns = [path("whatsapp", Webhook.as_view(), name="webhook")]
