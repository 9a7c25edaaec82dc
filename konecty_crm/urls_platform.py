"""What the platform's own host serves: the webhook, and a page that says where one is."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("", TemplateView.as_view(template_name="platform.html"), name="platform"),
    path("webhooks/", include("konecty_crm.whatsapp.urls")),
]
