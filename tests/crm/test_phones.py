"""Phone numbers: E.164, and Brazil's ninth digit."""

from __future__ import annotations

import pytest

from konecty_crm.leads.phones import both_forms, parse_phone
from konecty_crm.sorting import sort_key


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("(11) 98765-4321", "+5511987654321"),
        ("011 98765 4321", "+5511987654321"),
        ("11 3322-1100", "+551133221100"),
        ("+55 11 98765-4321", "+5511987654321"),
        ("5511987654321", "+5511987654321"),
        ("+1 650 387 9439", "+16503879439"),
        ("98765-4321", "+987654321"),
        ("1234", None),
        ("ramal", None),
        ("", None),
    ],
)
def test_phone_as_people_write_it_is_parsed(text: str, phone: str | None) -> None:
    assert parse_phone(text) == phone


@pytest.mark.parametrize(
    ("phone", "forms"),
    [
        ("+5511987654321", ("+5511987654321", "+551187654321")),
        ("+551187654321", ("+551187654321", "+5511987654321")),
        ("+551133221100", ("+551133221100",)),
        ("+16503879439", ("+16503879439",)),
    ],
)
def test_phone_has_a_second_form_only_as_a_brazilian_mobile(
    phone: str, forms: tuple[str, ...]
) -> None:
    assert both_forms(phone) == forms


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("João  da Conceição ", "joao da conceicao"),
        ("ÂNGELA", "angela"),
        ("Jo\u0061\u0303o", "joao"),
        ("Straße", "strasse"),
        ("", ""),
    ],
)
def test_sort_key_is_unaccented_and_lower_case(name: str, key: str) -> None:
    assert sort_key(name) == key
