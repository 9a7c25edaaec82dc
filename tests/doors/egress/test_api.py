"""Every public name of httpx's clients is known here, and what could loosen is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tenancy.boundaries import egress
from tenancy.exceptions import EgressRefusedError
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.doors.egress.servers import Server

SENDS = {"delete", "get", "head", "options", "patch", "post", "put", "request", "send", "stream"}
STAYS = {"build_request", "is_closed", "aclose", "close"}
SET = {"auth", "base_url", "cookies", "event_hooks", "headers", "params", "timeout"}
FIXED = SET | {"trust_env", "_transport", "_mounts", "follow_redirects", "max_redirects"}


def test_every_public_name_of_the_clients_is_known() -> None:
    found = {
        name for kind in (httpx.Client, httpx.AsyncClient) for name in dir(kind) if name[0] != "_"
    }

    assert found == SENDS | STAYS | SET | {"trust_env"}


@pytest.mark.attack
@pytest.mark.parametrize("name", sorted(SENDS - {"request", "send", "stream"}))
def test_method_to_a_denied_host_is_refused(
    committed: TestTenants, processor: Callable[..., None], denied: Server, name: str
) -> None:
    with as_tenant(committed.default), egress.client("llm", "service") as ours:  # noqa: SIM117 -- the actor, then the act
        with pytest.raises(EgressRefusedError) as refusal:
            getattr(ours, name)(denied.url)

    assert (refusal.value.reason, denied.seen) == ("egress:host:refused", [])


@pytest.mark.attack
def test_general_methods_to_a_denied_host_are_refused(
    committed: TestTenants, processor: Callable[..., None], denied: Server
) -> None:
    def streamed(client: httpx.Client) -> None:
        with client.stream("GET", denied.url):
            pass

    ways: list[Callable[[httpx.Client], object]] = [
        lambda client: client.request("GET", denied.url),
        lambda client: client.send(httpx.Request("GET", denied.url)),
        streamed,
    ]
    with as_tenant(committed.default), egress.client("llm", "service") as ours:
        for way in ways:
            with pytest.raises(EgressRefusedError):
                way(ours)

    assert denied.seen == []


@pytest.mark.attack
@pytest.mark.parametrize("name", sorted(FIXED))
def test_attribute_is_not_changed_after_the_factory(
    committed: TestTenants, processor: Callable[..., None], name: str
) -> None:
    with as_tenant(committed.default), egress.client("llm", "service") as ours:
        before = dict(vars(ours))
        with pytest.raises(EgressRefusedError) as refusal:
            setattr(ours, name, None)

    assert refusal.value.reason == "egress:client:changed"
    assert {key: value for key, value in vars(ours).items() if key != "_state"} == {
        key: value for key, value in before.items() if key != "_state"
    }


@pytest.mark.attack
def test_hooks_and_mounts_cannot_be_added_in_place(
    committed: TestTenants, processor: Callable[..., None]
) -> None:
    with as_tenant(committed.default), egress.client("llm", "service") as ours:
        hooks: Any = ours.event_hooks
        with pytest.raises(AttributeError):
            hooks["request"].append(print)
        with pytest.raises(TypeError):
            ours._mounts["all://"] = httpx.HTTPTransport()
