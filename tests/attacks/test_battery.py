"""Every statement of the corpus, as one agency, through every door, with a ring at a time off."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping

import psycopg
import pytest
from django.db import Error as DjangoError
from django.db import connection, transaction
from psycopg import sql

from tenancy.exceptions import StatementRefusedError
from tenancy.testing.protection import guard_off, hardening_off
from tenancy.testing.scopes import as_tenant
from tests.attacks.cases import Case, cases, files, listed
from tests.attacks.doors import DOORS, Door, django_cursor, executemany, raw_text
from tests.attacks.rivals import CANARIES, SECRET, Rivals, superuser

pytestmark = pytest.mark.attack


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("file", files())
@pytest.mark.parametrize("names", ["schema", "login"])
@pytest.mark.usefixtures("unmoved")
def test_statement_with_guard_on_is_refused(
    rivals: Rivals, file: str, door: Door, names: str
) -> None:
    words = rivals.words(names=names)
    expected = {case.name: _expected(door, case) for case in cases(file)}

    with as_tenant(rivals.own):
        found = {case.name: _refusal(door, case, words) for case in cases(file)}

    assert found == expected


def _expected(door: Door, case: Case) -> str:
    # executemany always has parameters, so there a percent sign is a placeholder.
    if door is executemany and case.params is None and "%" in case.statement:
        return "placeholder:syntax:refused"
    return case.reason


def _refusal(door: Door, case: Case, words: Mapping[str, str]) -> str:
    try:
        return f"sent: {door(case.filled(words), case.parameters(words))!r}"
    except StatementRefusedError as error:
        return error.reason if error.sqlstate == "42501" else error.sqlstate
    except (psycopg.Error, DjangoError) as error:
        return f"sent: {error!r}"


@pytest.mark.parametrize("file", files())
@pytest.mark.parametrize("names", ["schema", "login"])
def test_statement_with_guard_off_gives_nothing_of_the_other(
    rivals: Rivals, file: str, names: str
) -> None:
    words, before = rivals.words(names=names), rivals.state(rivals.other)

    with guard_off():
        found = {case.name: _answer(rivals, case, words) for case in cases(file)}

    ran = {name for name, answer in found.items() if answer.startswith("ran")}
    assert ran <= listed("runs", file)
    assert not [text for text in found.values() if CANARIES[1] in text or SECRET in text]
    assert rivals.state(rivals.other) == before


@pytest.mark.parametrize("names", ["schema", "login"])
def test_statement_with_guard_and_hardening_off_shows_what_hardening_stops(
    rivals: Rivals, names: str
) -> None:
    words, before = rivals.words(names=names), rivals.state(rivals.other)
    stopped, ran = set(), set()

    with hardening_off(), guard_off():
        for case in _stopped_by_hardening():
            stopped.add(case.name)
            if _answer(rivals, case, words).startswith("ran"):
                ran.add(case.name)

    assert len(ran) >= 0.8 * len(stopped)  # the rest: other names, other versions
    assert rivals.state(rivals.other) == before


@pytest.mark.parametrize("file", [file for file in files() if listed("rights", file)])
def test_statement_stopped_by_rights_as_superuser_runs(rivals: Rivals, file: str) -> None:
    wanted = listed("rights", file)

    assert wanted <= _run_as_superuser(rivals, [c for c in cases(file) if c.name in wanted])


def test_hardening_off_and_guard_on_refuses_every_statement(rivals: Rivals) -> None:
    words = rivals.words(names="schema")

    with hardening_off(), as_tenant(rivals.own):
        for file in files():
            found = {case.name: _refusal(raw_text, case, words) for case in cases(file)}
            assert found == {case.name: case.reason for case in cases(file)}


def _stopped_by_hardening() -> list[Case]:
    return [
        case for file in files() for case in cases(file) if case.name in listed("hardening", file)
    ]


def _run_as_superuser(rivals: Rivals, wanted: list[Case]) -> set[str]:
    # What the rights stop for a tenant is real: somebody who has them gets it done.
    ran = set()
    with superuser() as connection:
        for case, names in itertools.product(wanted, ("schema", "login")):
            words = rivals.words(names=names)
            with contextlib.suppress(psycopg.Error), connection.transaction(force_rollback=True):
                path = sql.SQL("SET LOCAL search_path = {}")
                connection.execute(path.format(sql.Identifier(rivals.own.schema_name)))
                cursor = psycopg.ClientCursor(connection)
                cursor.execute(case.filled(words).encode(), case.parameters(words))
                ran.add(case.name)
            connection.execute("RESET SESSION AUTHORIZATION")
    return ran


def _answer(rivals: Rivals, case: Case, words: Mapping[str, str]) -> str:
    """What the server says, in a unit of work and a connection of its own; undone."""
    with as_tenant(rivals.own):
        try:
            with transaction.atomic():
                connection.connection.execute("SET LOCAL statement_timeout = 300")
                answer = django_cursor(case.filled(words), case.parameters(words))
                transaction.set_rollback(True)
                return f"ran: {answer!r}"
        except (psycopg.Error, DjangoError, UnicodeError) as error:
            return f"error: {error!r}"
        finally:
            connection.close()
