"""Every page answers, for those who may see it, and no page asks the database per row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from konecty_crm.accounts.models import Person

ClientOf = Callable[[Person], Client]

PAGES = ["/", "/leads/", "/leads/novo/", "/conversas/", "/metricas/", "/senha/", "/api/docs/"]
MANAGER_PAGES = ["/pessoas/", "/pessoas/nova/"]


@pytest.mark.parametrize("path", [*PAGES, *MANAGER_PAGES])
def test_page_for_a_manager_answers(client_of: ClientOf, manager: Person, path: str) -> None:
    response = client_of(manager).get(path)

    assert response.status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_page_for_a_broker_answers(client_of: ClientOf, broker: Person, path: str) -> None:
    response = client_of(broker).get(path)

    assert response.status_code == 200
