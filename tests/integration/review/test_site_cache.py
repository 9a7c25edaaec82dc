"""Django's cache of sites, one per scope."""

from __future__ import annotations

import pytest

from tenancy.boundaries.sites import SitesPerScope
from tenancy.context import tenant_scope
from tenancy.scopes import Tenant

ONE, OTHER = Tenant(schema_name="tone"), Tenant(schema_name="tother")


@pytest.mark.parametrize("kind", [dict, SitesPerScope])
def test_site_of_one_tenant_is_found_in_another_only_in_a_plain_dict(
    kind: type[dict[int, str]],
) -> None:
    cache = kind()
    with tenant_scope(ONE):
        cache[1] = "one.example"

    with tenant_scope(OTHER):
        found = 1 in cache

    assert found is (kind is dict)


def test_site_is_found_and_forgotten_in_its_own_tenant() -> None:
    cache = SitesPerScope()
    for tenant in (ONE, OTHER):
        with tenant_scope(tenant):
            cache[1] = tenant.id

    with tenant_scope(ONE):
        mine = cache[1]
        del cache[1]
        forgotten = 1 not in cache
    with tenant_scope(OTHER):
        others = cache[1]

    assert (mine, forgotten, others) == (ONE.id, True, OTHER.id)
