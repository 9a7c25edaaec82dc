"""Figures over a period; reads the other apps and has no tables."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["MetricsConfig"]


class MetricsConfig(AppConfig):
    name = "konecty_crm.metrics"
    verbose_name = "métricas"
