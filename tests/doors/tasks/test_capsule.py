"""Capsules by themselves: whatever carries them, they open in their own scope or not at all."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy import keys
from tenancy.boundaries import capsule
from tenancy.context import owner_scope, platform_scope
from tenancy.current import current_scope, require_scope
from tenancy.exceptions import (
    IsolationError,
    NoTenantError,
    ScopeChangeError,
    SealError,
    WrongTenantError,
)
from tenancy.fleet.suspend import resume_tenant, suspend_tenant
from tenancy.registry import LoginFacts, registry
from tenancy.scopes import Surface, Tenant
from tenancy.signals import access_refused
from tenancy.testing.database import TestTenants
from tenancy.testing.off_tasks import arguments_unchecked, capsules_believed
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced
from tests.foreign.shop.models import Buyer

pytestmark = pytest.mark.attack

_TASK = "shop.tasks.remember"
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def _packed(tenant: Tenant, *args: Any, task: str = _TASK) -> str:
    with as_tenant(tenant):
        return capsule.pack(task, args)


def _said(packed: str) -> dict[str, Any]:
    payload = packed.split(".")[2]
    found: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return found


def _resaid(packed: str, **changes: Any) -> str:
    version, expires, _, tag = packed.split(".")
    text = base64.urlsafe_b64encode(capsule.canonical({**_said(packed), **changes}))
    return f"{version}.{expires}.{text.decode().rstrip('=')}.{tag}"


def _stamp(tenant: Tenant) -> str:
    return f"tenant:{tenant.schema_name}"


def test_capsule_opens_in_scope_that_packed_it(committed: TestTenants) -> None:
    found = []

    for tenant in committed.tenants:
        with capsule.opened(_packed(tenant, 1), _TASK, [1]) as scope:
            found.append((scope.stamp, scope.unit.surface, scope.unit.actor))
        assert current_scope() is None

    assert found == [
        (_stamp(tenant), Surface.TASK, f"task:{_TASK}") for tenant in committed.tenants
    ]


def test_capsule_of_platform_opens_in_platform_scope(committed: TestTenants) -> None:
    with platform_scope():
        packed = capsule.pack(_TASK)

    with capsule.opened(packed, _TASK) as scope:
        assert scope.stamp == "platform:platform"


def test_capsule_says_actor_of_its_sender(committed: TestTenants) -> None:
    with as_tenant(committed.default) as scope:
        scope.unit.acts_for("user:7")
        packed = capsule.pack(_TASK)

    assert _said(packed)["actor"] == "user:7"


_FORGERIES: dict[str, tuple[Callable[[Tenant, Tenant], str], str]] = {
    "tenant renamed": (
        lambda own, other: _resaid(_packed(own, "x"), stamp=_stamp(other)),
        "seal:value:refused",
    ),
    "signed with the own key": (
        lambda own, other: keys.seal(
            keys.Purpose.CAPSULE,
            capsule.canonical(_said(_packed(other, "x"))),
            context=b"task",
            stamp=_stamp(own),
        ),
        "seal:value:refused",
    ),
    "for another purpose": (
        lambda own, other: keys.seal(
            keys.Purpose.LINK,
            capsule.canonical(_said(_packed(other, "x"))),
            context=b"task",
            stamp=_stamp(other),
        ),
        "seal:value:refused",
    ),
    "of other arguments": (lambda own, other: _packed(other, "y"), "task:capsule:other"),
    "of another task": (
        lambda own, other: _packed(other, "x", task="shop.tasks.where"),
        "task:capsule:other",
    ),
    "longer life": (
        lambda own, other: _resaid(_packed(other, "x"), expires=int(time.time()) + 10**6),
        "seal:value:refused",
    ),
}


@pytest.mark.parametrize("direction", [(0, 1), (1, 0)], ids=["a to b", "b to a"])
@pytest.mark.parametrize("name", _FORGERIES)
def test_forged_capsule_is_refused_and_announced(
    committed: TestTenants, name: str, direction: tuple[int, int]
) -> None:
    own, other = (committed.tenants[index] for index in direction)
    make, reason = _FORGERIES[name]
    packed, announced = make(own, other), list[str]()

    def note(error: IsolationError, **kwargs: Any) -> None:
        announced.append(error.reason)

    access_refused.connect(note)
    with pytest.raises(SealError) as caught, capsule.opened(packed, _TASK, ["x"]):
        pytest.fail("it opened")

    assert (caught.value.reason, announced) == (reason, [reason])
    assert current_scope() is None


@pytest.mark.parametrize("name", _FORGERIES)
def test_forged_capsule_opens_other_tenant_where_capsules_are_believed(
    committed: TestTenants, name: str
) -> None:
    packed = _FORGERIES[name][0](committed.default, committed.twin)

    with capsules_believed(), capsule.opened(packed, _TASK, ["x"]):
        Buyer.objects.create(name="planted", phone="1")

    with as_tenant(committed.twin):
        assert [buyer.name for buyer in Buyer.objects.all()] == ["planted"]


@pytest.mark.parametrize("missing", [None, "", 0, b"bytes", ["list"]], ids=repr)
def test_message_without_capsule_is_refused(committed: TestTenants, missing: object) -> None:
    with pytest.raises(NoTenantError) as caught, capsule.opened(missing, _TASK):
        pytest.fail("it opened")

    assert caught.value.reason == "task:capsule:missing"


@pytest.mark.parametrize("noise", ["x", "1.2.3.4", "1.0.e30.AA", "...", "1.0.W10.AA"])
def test_noise_for_capsule_is_refused(committed: TestTenants, noise: str) -> None:
    with pytest.raises(SealError) as caught, capsule.opened(noise, _TASK):
        pytest.fail("it opened")

    assert caught.value.reason == "task:capsule:refused"


def test_expired_capsule_is_refused(committed: TestTenants) -> None:
    stamp = _stamp(committed.default)
    said = {**_said(_packed(committed.default)), "expires": int(time.time()) - 1}
    payload = capsule.canonical(said)
    old = keys.seal(keys.Purpose.CAPSULE, payload, context=b"task", stamp=stamp)

    with pytest.raises(SealError) as caught, capsule.opened(old, _TASK):
        pytest.fail("it opened")

    assert caught.value.reason == "task:capsule:expired"


@pytest.mark.parametrize("state", ["suspended", "deleted"])
def test_capsule_of_tenant_that_is_no_longer_active_is_refused(
    committed: TestTenants, state: str
) -> None:
    gone = committed.bystander
    if state == "deleted":
        gone = Tenant(schema_name="t" + "a" * 15)
    packed = _packed(gone)
    if state == "suspended":
        suspend_tenant(gone.schema_name)
        registry().close()

    try:
        with pytest.raises(NoTenantError) as caught, capsule.opened(packed, _TASK):
            pytest.fail("it opened")
        # With the question switched off the work would begin in a tenant that is out of service.
        facts = LoginFacts(login="x", secret_version=1)
        with replaced(capsule, "login_of", lambda schema: facts), capsule.opened(packed, _TASK):
            begun = require_scope().stamp
    finally:
        if state == "suspended":
            resume_tenant(gone.schema_name)
            registry().close()

    assert caught.value.reason == "task:tenant:inactive"
    assert begun == _stamp(gone)


@pytest.mark.parametrize(("inside", "options"), [(0, {}), (1, {}), (1, {"joins": True})])
def test_worker_inside_a_scope_is_refused(
    committed: TestTenants, inside: int, options: dict[str, bool]
) -> None:
    packed = _packed(committed.tenants[0])

    with (
        as_tenant(committed.tenants[inside]),
        pytest.raises(ScopeChangeError) as caught,
        capsule.opened(packed, _TASK, **options),
    ):
        pytest.fail("it opened")

    assert caught.value.reason == "task:scope:leftover"


def test_work_that_joins_runs_in_unit_of_its_caller(committed: TestTenants) -> None:
    packed = _packed(committed.default)

    with (
        as_tenant(committed.default) as outer,
        capsule.opened(packed, _TASK, joins=True) as scope,
    ):
        joined = scope is outer

    assert joined


def test_actor_of_unit_is_back_after_joined_task(committed: TestTenants) -> None:
    with as_tenant(committed.default) as scope:
        scope.unit.acts_for("user:7")
        with capsule.opened(capsule.pack(_TASK), _TASK, joins=True):
            during = scope.unit.actor
        after = scope.unit.actor

    assert (during, after) == (f"task:{_TASK}", "user:7")


def test_context_is_empty_after_error_in_task(committed: TestTenants) -> None:
    packed = _packed(committed.default)

    with pytest.raises(ValueError, match="mine"), capsule.opened(packed, _TASK):
        raise ValueError("mine")

    assert current_scope() is None


def test_nothing_is_packed_without_scope(committed: TestTenants) -> None:
    with pytest.raises(NoTenantError):
        capsule.pack(_TASK)


def test_nothing_is_packed_in_owner_scope(committed: TestTenants) -> None:
    with owner_scope(reason="a test"), pytest.raises(WrongTenantError) as caught:
        capsule.pack(_TASK)

    assert caught.value.reason == "task:scope:refused"


_SHAPES: dict[str, Callable[[Any], Any]] = {
    "itself": lambda value: value,
    "in a list": lambda value: [[value]],
    "in a dict": lambda value: {"a": {"b": (value,)}},
    "in a set": lambda value: {value},
    "as a key": lambda value: {value: 1},
}


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("direction", [(0, 1), (1, 0)], ids=["a to b", "b to a"])
def test_argument_of_other_tenant_is_not_packed(
    committed: TestTenants, shape: str, direction: tuple[int, int]
) -> None:
    own, other = (committed.tenants[index] for index in direction)
    with as_tenant(other):
        foreign = _SHAPES[shape](Buyer.objects.create(name="Maria", phone="1"))

    with as_tenant(own), pytest.raises(WrongTenantError) as caught:
        capsule.pack(_TASK, [foreign])

    assert caught.value.reason == "task:argument:other"


@pytest.mark.parametrize("make", [Buyer.objects.all, lambda: Buyer.objects.raw("SELECT 1")])
def test_queryset_of_other_tenant_is_not_packed(
    committed: TestTenants, make: Callable[[], Any]
) -> None:
    with as_tenant(committed.twin):
        foreign = make()

    with as_tenant(committed.default), pytest.raises(WrongTenantError) as caught:
        capsule.pack(_TASK, [], {"buyers": [foreign]})

    assert caught.value.reason == "task:argument:other"


def test_argument_of_other_tenant_passes_where_arguments_are_unchecked(
    committed: TestTenants,
) -> None:
    with as_tenant(committed.twin):
        foreign = Buyer.objects.create(name="Maria", phone="1")

    with arguments_unchecked(), as_tenant(committed.default):
        capsule.require_own_arguments([foreign])


def test_list_that_holds_itself_is_walked_once(committed: TestTenants) -> None:
    looped: list[Any] = [1]
    looped.append(looped)

    with as_tenant(committed.default):
        capsule.require_own_arguments(looped)


@given(_JSON)
def test_canonical_text_is_the_same_after_any_number_of_journeys(value: Any) -> None:
    once = capsule.canonical(value)

    assert capsule.canonical(json.loads(json.dumps(value))) == once
    assert capsule.canonical(json.loads(once)) == once


@given(st.lists(_JSON, max_size=3), st.lists(_JSON, max_size=3))
def test_digests_are_equal_for_equal_arguments_only(one: list[Any], two: list[Any]) -> None:
    same = capsule.canonical(one) == capsule.canonical(two)

    assert (capsule.digest_of(one, {}) == capsule.digest_of(two, {})) == same
