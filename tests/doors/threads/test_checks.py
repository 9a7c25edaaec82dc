"""Green threads without a context each are reported: the scope lives in the context."""

from __future__ import annotations

import greenlet
from django.core import checks

from tenancy.checks.threads import check_greenlets
from tenancy.testing.switches import replaced


def test_greenlet_with_contexts_is_fine() -> None:
    assert check_greenlets(None) == []


def test_greenlet_without_contexts_is_reported() -> None:
    with replaced(greenlet, "GREENLET_USE_CONTEXT_VARS", 0):
        found = check_greenlets(None)

    assert [message.id for message in found] == ["tenancy.E089"]
    assert found[0].hint


def test_green_threads_that_take_turns_keep_their_own_scope() -> None:
    from tenancy.current import current_scope, scope_var  # noqa: PLC0415 -- beside its use
    from tenancy.scopes import Scope, ScopeKind, Unit  # noqa: PLC0415 -- as above

    seen: list[tuple[str, str]] = []

    def work(name: str) -> None:
        scope_var.set(Scope(kind=ScopeKind.TENANT, schema=name, unit=Unit()))
        for _ in range(3):
            greenlet.getcurrent().parent.switch()
            scope = current_scope()
            seen.append((name, scope.schema if scope else ""))

    threads = [greenlet.greenlet(work) for _ in range(2)]
    for _ in range(4):
        for name, thread in zip("ab", threads, strict=True):
            thread.switch(name) if not thread else thread.switch()

    assert seen == [("a", "a"), ("b", "b")] * 3
    assert current_scope() is None


def test_check_is_registered() -> None:
    assert check_greenlets in checks.registry.registry.registered_checks
