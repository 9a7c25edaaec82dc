"""Three tenants whose units of work come in any order, while what they keep is tried everywhere.

A step makes something in one tenant, uses something in another, or breaks something: units fail,
connections are closed and killed, the worker process crashes. Whatever the order, nothing that
was made for one tenant tells its canary to another.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.files.base import File
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from typing_extensions import override

from tenancy.backend.lending import pool
from tenancy.current import current_scope
from tenancy.scopes import Tenant
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.interleavings.carried import CARRIED, REFUSALS, Carried
from tests.doors.interleavings.worker import Worker

__all__ = ["Interleavings", "Kept", "LeakFoundError"]

_numbers = itertools.count(1)
_TENANTS = st.integers(min_value=0, max_value=2)
# Evenly, other than small numbers first.
_CHOICES = st.integers(min_value=0, max_value=9_999).map(lambda number: number * 7_919 % 10_007)
_NOTHING = "nothing"


class LeakFoundError(Exception):
    """A unit of work got the canary of another tenant."""


class _Deliberate(Exception):  # noqa: N818 -- not an error of the code under test
    """Ends a unit of work in the middle."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What was made for a tenant through a door; the value is a test's only reference to it."""

    owner: int
    door: str
    canary: str
    value: Any


class Interleavings(RuleBasedStateMachine):
    """`crossings` and `own` count uses by door, refused or empty and successful ones."""

    tenants: ClassVar[list[Tenant]] = []
    doors: ClassVar[tuple[str, ...]] = ()
    worker: ClassVar[Worker]
    kill_connections: ClassVar[Callable[[], None]]
    crossings: ClassVar[Counter[str]] = Counter()
    own: ClassVar[Counter[str]] = Counter()
    leaks: ClassVar[list[str]] = []
    taken: ClassVar[int] = 0

    kept = Bundle("kept")

    def __init__(self) -> None:
        super().__init__()
        self._files: list[File[Any]] = []

    @override
    def teardown(self) -> None:
        for file in self._files:
            file.close()

    @rule(target=kept, owner=_TENANTS, choice=_CHOICES, fails=st.booleans())
    def make(self, owner: int, choice: int, *, fails: bool) -> Kept:
        """Make something in a unit of work that may fail afterwards."""
        name, canary = self._chosen(choice), self._canary(owner)
        made: list[Any] = []

        def work() -> None:
            made.append(CARRIED[name].make(canary))
            if fails:
                raise _Deliberate

        self._in_unit(owner, work)
        self._files += [value for value in made if isinstance(value, File)]
        return Kept(owner=owner, door=name, canary=canary, value=made[0])

    @rule(target=kept, owner=_TENANTS, choice=_CHOICES)
    def make_elsewhere(self, owner: int, choice: int) -> Kept:
        """Make something that can be sent around, in the worker process."""
        names = [name for name in self.doors if CARRIED[name].crosses_processes]
        name = names[choice % len(names)] if names else self._chosen(choice)
        canary = self._canary(owner)
        if not names:
            return self.make(owner=owner, choice=choice, fails=False)
        schema = self.tenants[owner].schema_name
        answer = self.worker.ask({"schema": schema, "door": name, "canary": canary})
        return Kept(owner=owner, door=name, canary=canary, value=answer["got"])

    @rule(kept=kept, user=_TENANTS, in_thread=st.booleans(), fails=st.booleans())
    def use(self, kept: Kept, user: int, *, in_thread: bool, fails: bool) -> None:
        """Try what was kept, here or in another thread."""
        got: list[object] = []

        def work() -> None:
            got.append(self._tried(CARRIED[kept.door], kept.value))
            if fails:
                raise _Deliberate

        if in_thread:
            thread = threading.Thread(target=self._in_unit, args=(user, work))
            thread.start()
            thread.join()
        else:
            self._in_unit(user, work)
        self._judge(kept, user, repr(got[0]))

    @rule(kept=kept, user=_TENANTS)
    def use_elsewhere(self, kept: Kept, user: int) -> None:
        """Try what was kept in the worker process, if it can be sent there."""
        if CARRIED[kept.door].crosses_processes:
            schema = self.tenants[user].schema_name
            question = {"schema": schema, "door": kept.door, "kept": kept.value}
            self._judge(kept, user, self.worker.ask(question).get("got", _NOTHING))

    @rule(kept=kept, user=_TENANTS)
    def use_while_the_owner_is_at_work(self, kept: Kept, user: int) -> None:
        """Try what was kept in one unit, in the middle of another one of its owner."""
        got: list[object] = []
        with as_tenant(self.tenants[kept.owner]):
            suspended = copy_context()
            with as_tenant(self.tenants[user]):
                got.append(self._tried(CARRIED[kept.door], kept.value))
            again = suspended.run(self._tried, CARRIED[kept.door], kept.value)
        self._judge(kept, user, repr(got[0]))
        self._judge(kept, kept.owner, repr(again))

    @invariant()
    def nothing_is_left(self) -> None:
        """After every step the test is in no scope."""
        type(self).taken += 1
        assert current_scope() is None

    @rule()
    def reconnect(self) -> None:
        """Close the idle connections."""
        pool().close()

    @rule()
    def lose_connections(self) -> None:
        """Have the server end every session."""
        type(self).kill_connections()

    @rule(often=st.integers(min_value=0, max_value=9))
    def crash_the_worker(self, often: int) -> None:
        """Kill the worker process; one time in ten, because starting it takes a second."""
        if often == 0:
            self.worker.kill()

    def _in_unit(self, owner: int, work: Callable[[], None]) -> None:
        with outside():
            with suppress(_Deliberate), as_tenant(self.tenants[owner]):
                work()
            assert current_scope() is None

    def _tried(self, door: Carried, value: Any) -> object:
        try:
            return door.use(value)
        except REFUSALS:
            return _NOTHING

    def _judge(self, kept: Kept, user: int, got: str) -> None:
        others = [f"canary-of-{other}-" for other in range(3) if other != user]
        if any(canary in got for canary in others):
            message = f"{kept.door}: tenant {user} got {got} by what tenant {kept.owner} made"
            self.leaks.append(message)
            raise LeakFoundError(message)
        if user != kept.owner:
            self.crossings[kept.door] += 1
        elif kept.canary in got:
            self.own[kept.door] += 1

    def _chosen(self, choice: int) -> str:
        return self.doors[choice % len(self.doors)]

    def _canary(self, owner: int) -> str:
        return f"canary-of-{owner}-{next(_numbers)}"
