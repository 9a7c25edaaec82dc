"""What these tests share with those of the backend: tenants with a row each."""

from __future__ import annotations

from tests.integration.tenancy.conftest import marked

__all__ = ["marked"]
