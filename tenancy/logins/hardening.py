"""Takes from PUBLIC what a tenant's login could use to look, write or act past its own tables.

Rules:

1. A step reads the access lists first, changes what is open, and reads them again: a REVOKE
   without the right to it succeeds with a warning, so its success says nothing.
2. What can be closed is closed; a step that stays open in part is reported as not permitted.
3. What PUBLIC loses of the catalogs the owner gets in its own name, so that migrations run.
4. Everything is repeatable; a second run changes nothing.

Needs a superuser for the catalogs and for other databases; as the owner, who has the database, the
steps on the database, on `public` and on the owner's own routines are done.

Limits: access lists are per database and CREATE DATABASE does not copy the database's own, so
every new database of the cluster opens a door until this ran again. What PostgreSQL checks no
right for (casts to `reg*` and `aclitem`, system columns, LISTEN and NOTIFY, ALTER ROLE
CURRENT_USER, SET, error wording) is not closed by this; the guard refuses it.
"""

from __future__ import annotations

import contextlib
import enum
import random
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import psycopg

from tenancy.exceptions import ProvisioningError
from tenancy.logins.rights import Right, changes
from tenancy.logins.statements import names, statement
from tenancy.logins.trusted import OwnerConnection, trusted

__all__ = ["STEPS", "Outcome", "Step", "StepResult", "harden", "survey"]

_RETRIES = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that hardening closes; `find` is the statement that reads what is open."""

    id: str
    description: str
    find: str
    schema: str = ""


class Outcome(enum.StrEnum):
    """How a step ended."""

    DONE = "done"
    NOT_PERMITTED = "not permitted"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResult:
    """A step's outcome and, in one line, what was changed or what is open still."""

    step: Step
    outcome: Outcome
    detail: str


STEPS = (
    Step("database", "PUBLIC may not connect to this database or use TEMP", "open_database"),
    Step("databases", "PUBLIC may not connect to other databases", "open_other_databases"),
    Step("public", "PUBLIC has no rights in the schema public", "open_schema_public"),
    Step("languages", "PUBLIC may not write functions or DO blocks", "open_languages"),
    Step("routines", "PUBLIC executes data functions only", "open_catalog_routines"),
    Step("catalogs", "PUBLIC reads no catalog", "open_system_relations", "pg_catalog"),
    Step("schema", "PUBLIC does not see information_schema", "open_information_schema"),
    Step("views", "PUBLIC reads no schema view", "open_system_relations", "information_schema"),
    Step("defaults", "PUBLIC executes no future routine of the owner", "open_owner_defaults"),
    Step("owned", "PUBLIC executes no routine of the owner", "open_owner_routines"),
)
"""All steps, in the order in which they run."""


def harden(
    conn: OwnerConnection,
    *,
    database: str,
    owner: str,
    owner_databases: Collection[str] = (),
    leave_databases: Collection[str] = (),
) -> list[StepResult]:
    """Runs every step and says how each ended; never raises for a missing right.

    Args:
        conn: a superuser's or the owner's connection to `database`.
        database: the database to harden; must be the one `conn` is connected to.
        owner: the role that owns schemas and tables there.
        owner_databases: other databases that the owner must be able to connect to, for example
            `postgres` where it creates test databases.
        leave_databases: other databases that stay open to PUBLIC because somebody else runs them.
            Every tenant's login can connect to these.

    Raises:
        ProvisioningError: `conn` is connected elsewhere, or there is no such owner.
    """
    parameters = _parameters(conn, database, owner, owner_databases, leave_databases)
    return [_run(conn, step, parameters) for step in STEPS]


def survey(
    conn: OwnerConnection,
    *,
    database: str,
    owner: str,
    owner_databases: Collection[str] = (),
    leave_databases: Collection[str] = (),
) -> dict[str, tuple[Right, ...]]:
    """What is open now, by the id of the step that closes it; empty if all is closed.

    Changes nothing. Arguments and Raises as `harden`.
    """
    parameters = _parameters(conn, database, owner, owner_databases, leave_databases)
    found = {step.id: _open(conn, step, parameters) for step in STEPS}
    return {step_id: rights for step_id, rights in found.items() if rights}


def _parameters(
    conn: OwnerConnection,
    database: str,
    owner: str,
    owner_databases: Collection[str],
    leave_databases: Collection[str],
) -> dict[str, object]:
    if conn.info.dbname != database:
        message = f"connected to {conn.info.dbname!r}. Needed: a connection to {database!r}."
        raise ProvisioningError(message)
    query = "SELECT FROM pg_catalog.pg_roles WHERE rolname = %s"
    with trusted(conn):
        if conn.execute(query, [owner]).fetchone() is None:
            message = f"there is no role {owner!r}. Needed: the owner of the schemas and tables."
            raise ProvisioningError(message)
    return {
        "owner": owner,
        "owner_databases": sorted(owner_databases),
        "leave_databases": sorted(leave_databases),
        "kept": list(names("kept_routines")),
        "closed": list(names("closed_routines")),
    }


def _open(
    conn: OwnerConnection, step: Step, parameters: Mapping[str, object]
) -> tuple[Right, ...]:
    with trusted(conn):
        rows = conn.execute(statement(step.find), {**parameters, "schema": step.schema}).fetchall()
    return tuple(Right.from_row(row) for row in rows)


def _run(conn: OwnerConnection, step: Step, parameters: Mapping[str, object]) -> StepResult:
    for _ in range(_RETRIES):
        try:
            return _close(conn, step, parameters)
        except psycopg.errors.InternalError_:
            # "tuple concurrently updated": pg_database is the whole cluster's, and there is no
            # lock that an owner may take and that other databases would wait for.
            time.sleep(random.uniform(0.01, 0.1))  # noqa: S311 -- jitter, not a secret
    return _close(conn, step, parameters)


def _close(conn: OwnerConnection, step: Step, parameters: Mapping[str, object]) -> StepResult:
    before = _open(conn, step, parameters)
    if not before:
        return StepResult(step=step, outcome=Outcome.NOT_NEEDED, detail="nothing is open")
    for change in changes(before, str(parameters["owner"])):
        # Rule 1: whether it worked is read below, not taken from the statement.
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege), trusted(conn):
            conn.execute(change)
    left = _open(conn, step, parameters)
    if left:
        detail = f"{len(left)} of {len(before)} open: {_sample(left)}"
        return StepResult(step=step, outcome=Outcome.NOT_PERMITTED, detail=detail)
    detail = f"{len(before)} closed: {_sample(before)}"
    return StepResult(step=step, outcome=Outcome.DONE, detail=detail)


def _sample(rights: tuple[Right, ...]) -> str:
    shown = "; ".join(str(right) for right in rights[:3])
    return f"{shown}; …" if len(rights) > len(rights[:3]) else shown
