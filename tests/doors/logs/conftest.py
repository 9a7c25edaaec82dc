"""Two tenants with a canary each, the same in kind; what is said of one is searched for both."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import structlog

from tenancy.boundaries import logs
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.foreign.shop.models import Buyer

CANARIES = ("kanarie7700001", "kanarie7700002")


@dataclass(frozen=True)
class Side:
    """A tenant and the value that must not be told."""

    tenant: Tenant
    canary: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.canary, self.canary[-7:])

    def told_by(self, text: str) -> bool:
        return any(secret in text for secret in self.secrets)


@pytest.fixture
def sides(committed: TestTenants) -> tuple[Side, Side]:
    """The same buyer in both tenants, with a canary as name and phone."""
    for tenant, canary in zip((committed.default, committed.twin), CANARIES, strict=True):
        with as_tenant(tenant):
            Buyer.objects.create(name=canary, phone=canary)
    return Side(committed.default, CANARIES[0]), Side(committed.twin, CANARIES[1])


@pytest.fixture
def structlog_on() -> Iterator[None]:
    """structlog as `configure` sets it up; as it was, afterwards."""
    before = structlog.get_config() if structlog.is_configured() else None
    logs.configure()
    yield
    structlog.reset_defaults()
    if before is not None:
        structlog.configure(**before)


@contextmanager
def lines(formatter: logging.Formatter, name: str = "") -> Iterator[io.StringIO]:
    """What the logger writes meanwhile, and all below it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.getLogger(name)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
