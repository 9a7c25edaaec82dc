"""A generic foreign key finds its row by content type and key alone; it stays in its tenant."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import prefetch_related_objects

from tenancy.exceptions import WrongTenantError
from tenancy.testing.protection import provenance_off
from tenancy.testing.scopes import as_tenant
from tests.attacks.rivals import Rivals
from tests.foreign.shop.models import Buyer

pytestmark = pytest.mark.attack


class Pointer(models.Model):
    """Points at any row; itself never stored."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    key = models.BigIntegerField()
    target = GenericForeignKey("content_type", "key")

    class Meta:
        app_label = "shop"
        managed = False

    def __str__(self) -> str:
        return f"{self.content_type_id}: {self.key}"


def _set(pointer: Pointer, buyer: Buyer) -> None:
    Pointer().target = buyer


_USES: dict[str, Callable[[Pointer, Buyer], object]] = {
    "read": lambda pointer, buyer: pointer.target,
    "set": _set,
    "construct": lambda pointer, buyer: Pointer(target=buyer),
    "prefetch": lambda pointer, buyer: prefetch_related_objects([pointer], "target"),
}


@pytest.mark.parametrize("name", _USES)
def test_generic_foreign_key_used_in_other_tenant_is_refused(rivals: Rivals, name: str) -> None:
    pointer, buyer = _made(rivals)

    with as_tenant(rivals.other), pytest.raises(WrongTenantError) as caught:
        _USES[name](pointer, buyer)

    assert caught.value.reason == "provenance:other:refused"


@pytest.mark.parametrize("name", _USES)
def test_generic_foreign_key_with_provenance_off_crosses(rivals: Rivals, name: str) -> None:
    pointer, buyer = _made(rivals)

    with provenance_off(), as_tenant(rivals.other):
        _USES[name](pointer, buyer)


def test_generic_foreign_key_in_its_own_tenant_finds_its_row(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        buyer = Buyer.objects.get(name="Maria")
        pointer = Pointer(target=buyer)

        assert Pointer(content_type=pointer.content_type, key=pointer.key).target == buyer


def _made(rivals: Rivals) -> tuple[Pointer, Buyer]:
    with as_tenant(rivals.own):
        buyer = Buyer.objects.get(name="Maria")
        content_type = ContentType.objects.get_for_model(Buyer)
        return Pointer(content_type=content_type, key=buyer.pk), buyer
