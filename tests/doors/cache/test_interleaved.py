"""Random steps of two tenants and the platform on one cache do what three caches would do."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from redis import ResponseError

from tenancy.context import platform_scope, tenant_scope
from tenancy.exceptions import IsolationError
from tests.doors.cache.stores import Store

WHO = st.sampled_from(["own", "other", "platform"])
KEYS = st.sampled_from(["word", "number"])
VALUES = st.one_of(st.integers(-3, 3), st.text(max_size=3))
MISSING, REFUSED = "missing", "refused"


class Planted:
    """What the model has where somebody put another place's entry."""


class Interleaved(RuleBasedStateMachine):
    store: Store

    def __init__(self) -> None:
        super().__init__()
        self.store.empty()
        self.model: dict[str, dict[str, Any]] = {"own": {}, "other": {}, "platform": {}}

    def scope(self, who: str) -> Any:
        own, other = self.store.tenants
        tenants = {"own": own, "other": other}
        return tenant_scope(tenants[who]) if who in tenants else platform_scope()

    @rule(who=WHO, key=KEYS, value=VALUES)
    def set(self, who: str, key: str, value: Any) -> None:
        with self.scope(who):
            cache.set(key, value)
        self.model[who][key] = value

    @rule(who=WHO, key=KEYS, value=VALUES)
    def add(self, who: str, key: str, value: Any) -> None:
        with self.scope(who):
            added = cache.add(key, value)
        assert added == (key not in self.model[who])
        self.model[who].setdefault(key, value)

    @rule(who=WHO, key=KEYS)
    def get(self, who: str, key: str) -> None:
        with self.scope(who):
            found = _try(lambda: cache.get(key, MISSING))
        expected = self.model[who].get(key, MISSING)
        expected = REFUSED if isinstance(expected, Planted) else expected
        assert (type(found), found) == (type(expected), expected)

    @rule(who=WHO, key=KEYS)
    def count(self, who: str, key: str) -> None:
        with self.scope(who):
            found = _try(lambda: cache.incr(key))
        before = self.model[who].get(key, MISSING)
        if type(before) is int:
            self.model[who][key] = before + 1
            assert found == before + 1
        else:
            assert found == (REFUSED if isinstance(before, Planted) else ValueError)

    @rule(who=WHO, key=KEYS)
    def delete(self, who: str, key: str) -> None:
        with self.scope(who):
            deleted = cache.delete(key)
        assert deleted == (self.model[who].pop(key, MISSING) != MISSING)

    @rule(who=WHO)
    def clear(self, who: str) -> None:
        with self.scope(who):
            cache.clear()
        self.model[who].clear()

    @rule(source=WHO, to=WHO, key=KEYS, to_key=KEYS)
    def plant(self, source: str, to: str, key: str, to_key: str) -> None:
        if (source, key) == (to, to_key) or key not in self.model[source]:
            return
        with self.scope(source):
            stored = self.store.raw.get(cache.make_key(key))
        with self.scope(to):
            genuine = cache.make_key(to_key)
            self.store.raw.set(genuine, stored)
            # An entry that comes home is no plant any more.
            self.model[to][to_key] = Planted()
            if _try(lambda: cache.get(to_key)) != REFUSED:
                self.model[to][to_key] = cache.get(to_key)
                assert isinstance(self.model[source][key], Planted)


def _try(use: Any) -> Any:
    try:
        return use()
    except IsolationError:
        return REFUSED
    except (ValueError, TypeError, ResponseError):
        # Without the door each cache has its own word for what is no number.
        return ValueError


@pytest.mark.attack
def test_random_steps_of_three_scopes_find_nothing_of_each_other(
    shared_store: Store, pytestconfig: pytest.Config
) -> None:
    examples = 400 if pytestconfig.getoption("--stress") else 30

    with shared_store.installed(door=True):
        _run(shared_store, max_examples=examples)


@pytest.mark.attack
def test_random_steps_with_the_door_off_find_each_other(shared_store: Store) -> None:
    with shared_store.installed(door=False), pytest.raises(AssertionError):
        _run(shared_store, max_examples=30, phases=[Phase.generate], report_multiple_bugs=False)


def _run(store: Store, **limits: Any) -> None:
    machine = type("Machine", (Interleaved,), {"store": store})
    given = settings(stateful_step_count=50, deadline=None, database=None, **limits)
    run_state_machine_as_test(machine, settings=given)
