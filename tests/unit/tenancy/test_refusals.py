"""The words of a refusal name no tenant by its schema; what records it gets the stamps."""

from __future__ import annotations

import pytest

from tenancy import signals
from tenancy.exceptions import NoTenantError, StatementRefusedError, WrongTenantError
from tenancy.keys import opaque_id
from tenancy.refusals import refused, without_names


def test_message_has_opaque_ids_and_the_stamps_are_kept() -> None:
    made, here = "tenant:acme_imoveis", "tenant:beta"

    error = refused(WrongTenantError(f"Found: {made}. Current: {here}.", found=made, needed=here))

    assert str(error) == f"Found: tenant {opaque_id(made)}. Current: tenant {opaque_id(here)}."
    assert (error.found, error.needed) == (made, here)


@pytest.mark.parametrize(
    "text",
    ["task:tenant:inactive", "tenant:login:refused", "platform:platform", "no scope", "tenant: x"],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert without_names(text) == text


def test_text_that_was_told_once_is_not_told_anew() -> None:
    once = without_names("in tenant:acme")

    assert without_names(once) == once


@pytest.mark.parametrize(
    ("error", "announced"),
    [
        (NoTenantError("refused"), signals.access_refused),
        (StatementRefusedError("refused"), signals.statement_refused),
    ],
)
def test_each_refusal_is_announced_once(error: NoTenantError, announced: object) -> None:
    heard: list[tuple[object, object]] = []

    def listener(signal: object, error: object, **kwargs: object) -> None:
        heard.append((signal, error))

    for signal in (signals.access_refused, signals.statement_refused):
        signal.connect(listener)
    try:
        refused(error)
    finally:
        for signal in (signals.access_refused, signals.statement_refused):
            signal.disconnect(listener)

    assert heard == [(announced, error)]
