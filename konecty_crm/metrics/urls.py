"""The page of the figures."""

from __future__ import annotations

from django.urls import path

from konecty_crm.metrics import views

app_name = "metrics"
urlpatterns = [path("", views.MetricsPage.as_view(), name="page")]
