"""Calls that leave past the list: each works with a plain client and is refused by egress's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tenancy.boundaries import egress
from tenancy.exceptions import EgressRefusedError, IsolationError, NoTenantError, WrongTenantError
from tenancy.scopes import Tenant
from tenancy.signals import egress_decided
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.egress.servers import Server

pytestmark = pytest.mark.attack
Processor = Callable[..., None]


def call(client: httpx.Client, url: str, **options: Any) -> object:
    try:
        return client.request(options.pop("method", "GET"), url, **options).status_code
    except EgressRefusedError as error:
        return error.reason


def test_denied_host_plain_client_reaches_it_and_ours_refuses(
    committed: TestTenants, processor: Processor, denied: Server
) -> None:
    with httpx.Client(trust_env=False) as plain:
        off = call(plain, denied.url)
    denied.seen.clear()

    for tenant in (committed.default, committed.twin):
        with as_tenant(tenant), egress.client("llm", "service") as ours:
            assert (off, call(ours, denied.url)) == (200, "egress:host:refused")
    assert denied.seen == []


def test_redirect_to_denied_host_plain_client_follows_and_ours_does_not(
    committed: TestTenants, processor: Processor, allowed: Server, denied: Server
) -> None:
    allowed.answers["/go"] = (307, {"Location": f"{denied.url}/stolen"}, b"")
    with httpx.Client(trust_env=False, follow_redirects=True) as plain:
        off = call(plain, f"{allowed.url}/go")
    seen = [path for path, _ in denied.seen]
    denied.seen.clear()

    with as_tenant(committed.default), egress.client("llm", "service") as ours:
        on = call(ours, f"{allowed.url}/go", follow_redirects=True)

    assert (off, seen, on, denied.seen) == (200, ["/stolen"], 307, [])


def test_redirect_when_some_are_listed_others_are_refused_and_keys_stay_behind(
    committed: TestTenants, processor: Processor, allowed: Server, denied: Server
) -> None:
    processor(redirects=[denied.url])
    allowed.answers["/listed"] = (307, {"Location": f"{denied.url}/x"}, b"")
    allowed.answers["/off"] = (307, {"Location": "http://127.0.0.1:9/x"}, b"")

    with as_tenant(committed.default) as scope, egress.client("llm", "service") as ours:
        key = f"key of {scope.schema}"
        found = [
            call(ours, f"{allowed.url}/listed", headers={"X-Api-Key": key}),
            call(ours, f"{allowed.url}/off"),
            call(ours, f"{denied.url}/direct"),
        ]

    assert found == [200, "egress:redirect:refused", "egress:host:refused"]
    assert [headers.get("x-api-key") for _, headers in allowed.seen] == [key, key]
    assert [(path, "x-api-key" in h, "authorization" in h) for path, h in denied.seen] == [
        ("/x", False, False)
    ]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
def test_proxy_of_the_environment_plain_client_uses_it_and_ours_does_not(  # noqa: PLR0913, PLR0917 -- a table
    committed: TestTenants,
    processor: Processor,
    allowed: Server,
    denied: Server,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setenv(name, denied.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with httpx.Client() as plain:
        call(plain, allowed.url)
    off = len(denied.seen)
    denied.seen.clear()

    with as_tenant(committed.default), egress.client("llm", "service") as ours:
        on = call(ours, allowed.url)

    assert (off, on, denied.seen) == (1, 200, [])


@pytest.mark.parametrize(
    "option",
    [
        "proxy",
        "mounts",
        "verify",
        "transport",
        "event_hooks",
        "trust_env",
        "auth",
        "cookies",
        "timeout",
        "follow_redirects",
        "limits",
        "cert",
        "http2",
    ],
)
def test_option_that_could_loosen_is_refused(
    committed: TestTenants, processor: Processor, option: str
) -> None:
    with as_tenant(committed.default), pytest.raises(EgressRefusedError) as refusal:
        egress.client("llm", "service", **{option: None})

    assert refusal.value.reason == "egress:option:refused"


def test_headers_of_another_tenant_or_host_are_refused_both_ways(
    committed: TestTenants, processor: Processor, allowed: Server
) -> None:
    sides = (committed.default, committed.twin)
    for tenant, other in (sides, sides[::-1]):
        with as_tenant(tenant), egress.client("llm", "service") as ours:
            found = [
                call(ours, allowed.url, headers={"Authorization": f"Bearer {other.id}"}),
                call(ours, allowed.url, headers={"X-Api-Key": f"key of {other.id}"}),
                call(ours, allowed.url, auth=("a", "b")),
                call(ours, allowed.url.replace("//", "//a:b@")),
                call(ours, allowed.url, headers={"Cookie": "a=b"}),
                call(ours, allowed.url, headers={"Host": "elsewhere.test"}),
                call(ours, allowed.url, method="CONNECT"),
            ]
        assert found == [
            *["egress:credentials:other"] * 5,
            "egress:host:refused",
            "egress:method:refused",
        ]
    assert allowed.seen == []


def test_extensions_cannot_change_target_or_name(
    committed: TestTenants, processor: Processor, allowed: Server
) -> None:
    extensions = {"target": b"/elsewhere", "sni_hostname": "evil.test"}

    with httpx.Client(trust_env=False) as plain:
        plain.get(f"{allowed.url}/mine", extensions=extensions)
    with as_tenant(committed.default), egress.client("llm", "service") as ours:
        answer = ours.get(f"{allowed.url}/mine", extensions=extensions)

    assert [path for path, _ in allowed.seen] == ["/elsewhere", "/mine"]
    assert "network_stream" not in answer.extensions


def test_each_tenant_sends_its_own_key_and_no_cookie_of_the_server(
    committed: TestTenants, processor: Processor, allowed: Server
) -> None:
    allowed.answers["/"] = (200, {"Set-Cookie": "who=first"}, b"")

    for tenant in (committed.default, committed.twin):
        with as_tenant(tenant), egress.client("llm", "service") as ours:
            call(ours, allowed.url)
            call(ours, allowed.url)

    assert [(h["authorization"], h.get("cookie")) for _, h in allowed.seen] == [
        (f"Bearer {tenant.id}", None)
        for tenant in (committed.default, committed.twin)
        for _ in range(2)
    ]


def elsewhere(tenant: Tenant | None, work: Callable[[], object]) -> object:
    try:
        if tenant is None:
            with outside():
                return work()
        with as_tenant(tenant):
            return work()
    except (NoTenantError, WrongTenantError) as error:
        return type(error), error.reason


def test_client_used_elsewhere_is_refused_both_ways(
    committed: TestTenants, processor: Processor, allowed: Server
) -> None:
    sides = (committed.default, committed.twin)
    for tenant, other in (sides, sides[::-1]):
        with as_tenant(tenant), egress.client("llm", "service") as ours:
            found = [
                elsewhere(place, lambda: ours.get(allowed.url)) for place in (other, tenant, None)
            ]
        left = elsewhere(None, lambda: ours.build_request("GET", allowed.url).method)
        reason = "egress:client:other"
        assert found == [
            (WrongTenantError, reason),
            (WrongTenantError, reason),
            (NoTenantError, reason),
        ]
        assert left == "GET"
    assert allowed.seen == []


def test_open_stream_read_elsewhere_is_refused(
    committed: TestTenants, processor: Processor, allowed: Server
) -> None:
    allowed.answers["/"] = (200, {}, b"secret" * 100_000)

    with as_tenant(committed.default), egress.client("llm", "service") as ours:  # noqa: SIM117 -- the actor, then the act
        with ours.stream("GET", allowed.url) as answer:
            parts = answer.iter_raw(1_000)
            first = next(parts)
            found = elsewhere(committed.twin, lambda: list(parts))

    assert (len(first), found) == (1_000, (WrongTenantError, "egress:client:other"))


def test_answer_too_large_or_packed_is_refused(
    committed: TestTenants, processor: Processor, allowed: Server
) -> None:
    allowed.answers["/large"] = (200, {"Content-Length": str(65 * 2**20)}, b"")
    allowed.answers["/packed"] = (200, {"Content-Encoding": "gzip"}, b"x")

    with as_tenant(committed.default), egress.client("llm", "service") as ours:
        found = [call(ours, f"{allowed.url}/{path}") for path in ("large", "packed")]

    assert found == ["egress:response:large", "egress:response:encoded"]


@pytest.mark.parametrize(
    ("key", "purpose", "changes", "reason"),
    [
        ("other", "service", {}, "egress:processor:unknown"),
        ("llm", "training", {}, "egress:purpose:training"),
        ("llm", "marketing", {}, "egress:purpose:refused"),
        ("llm", "service", {"tenants": "tests.doors.egress.keys.nobody"}, "egress:tenant:refused"),
    ],
)
def test_client_for_what_is_not_listed_is_refused(  # noqa: PLR0913, PLR0917 -- a table
    committed: TestTenants,
    processor: Processor,
    key: str,
    purpose: str,
    changes: dict[str, Any],
    reason: str,
) -> None:
    processor(**changes)

    with as_tenant(committed.default), pytest.raises(EgressRefusedError) as refusal:
        egress.client(key, purpose)
    with outside(), pytest.raises(NoTenantError):
        egress.client(key, purpose)

    assert refusal.value.reason == reason


def test_decisions_are_announced_without_bodies(
    committed: TestTenants, processor: Processor, allowed: Server, denied: Server
) -> None:
    found = []

    def listen(sender: object, signal: object, **told: object) -> None:
        found.append(told)

    egress_decided.connect(listen)
    try:
        with as_tenant(committed.default), egress.client("llm", "service") as ours:
            call(ours, allowed.url, method="POST", json={"secret": 1})
            call(ours, denied.url)
    finally:
        egress_decided.disconnect(listen)

    told = {"processor": "llm", "purpose": "service", "host": "127.0.0.1"}
    assert found == [{**told, "allowed": True}, {**told, "allowed": False}]


def test_async_client_is_held_to_the_same(
    committed: TestTenants, processor: Processor, allowed: Server, denied: Server
) -> None:
    async def work() -> list[object]:
        async with await egress.async_client("llm", "service") as ours:
            found: list[object] = [(await ours.get(allowed.url)).status_code]
            for place in (committed.twin, None):
                with outside() if place is None else as_tenant(place):
                    found.append(await reason_of(ours.get(allowed.url)))
            found.append(await reason_of(ours.get(denied.url)))
            async with ours.stream("GET", allowed.url) as answer:
                with as_tenant(committed.twin):
                    found.append(await reason_of(answer.aread()))
            return found

    with as_tenant(committed.default):
        found = asyncio.run(work())

    other = "egress:client:other"
    assert found == [200, other, other, "egress:host:refused", other]
    assert denied.seen == []


async def reason_of(call: Awaitable[object]) -> object:
    try:
        return await call
    except IsolationError as error:
        return error.reason
