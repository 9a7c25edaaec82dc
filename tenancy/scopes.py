"""The values of a scope: its kind, its tenant and its unit of work. No state, no ORM."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable, Generator, Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from typing_extensions import override

__all__ = [
    "HasSchemaName",
    "Recorder",
    "Releasable",
    "Scope",
    "ScopeKind",
    "Surface",
    "Tenant",
    "Unit",
]

_unit_numbers = itertools.count(1)


class ScopeKind(enum.StrEnum):
    """What a unit of work may touch."""

    TENANT = "tenant"
    PLATFORM = "platform"
    OWNER = "owner"


class Surface(enum.StrEnum):
    """The door through which a unit of work came in."""

    REQUEST = "request"
    TASK = "task"
    SOCKET = "socket"
    COMMAND = "command"
    SHELL = "shell"
    CODE = "code"


class HasSchemaName(Protocol):
    """Anything that names a tenant: a `Tenant`, or a model instance with `TenantMixin`."""

    @property
    def schema_name(self) -> str:
        """The tenant's schema."""


class Releasable(Protocol):
    """A resource that a unit of work holds until it ends."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction that somebody opened is still open."""

    def release(self) -> None:
        """Give the resource back; must not raise for a resource that is already gone."""


class Recorder(Protocol):
    """Whoever keeps the record of a unit of work; a listener of `scope_entered` sets it.

    It is asked where a signal is not enough: around the transactions of the unit's connections.
    """

    def needs_transaction(self, statement: str, *, has_params: bool) -> bool:
        """Whether a statement in autocommit must have a transaction that the record shares."""

    def before_commit(self, connection: Any) -> Generator[Any, Any, None]:
        """Write what belongs into the transaction; an error keeps it from being committed."""

    def commanded(self, connection: Any, command: bytes) -> None:
        """A driver's command about savepoints was done."""

    def ended(self, connection: Any, *, committed: bool | None) -> None:
        """The transaction was committed or rolled back; None if the server did not answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tenant:
    """One customer's technical side, as a value.

    `schema_name` is its opaque id. `pk` and `fields` are what the registry was allowed to say of
    the customer's row (`TENANCY["TENANT_FIELDS"]`); both are empty when only the schema is known.
    """

    schema_name: str
    pk: Any = field(default=None, compare=False)
    fields: Mapping[str, Any] = field(
        default_factory=lambda: MappingProxyType({}), compare=False, repr=False
    )

    @classmethod
    def of(cls, source: HasSchemaName) -> Tenant:
        """The value for a tenant's model instance, or the value itself.

        Raises:
            TypeError: `source` has no schema name, so it names no tenant.
        """
        if isinstance(source, cls):
            return source
        schema_name = getattr(source, "schema_name", None)
        if not isinstance(schema_name, str) or not schema_name:
            message = f"a tenant has a schema name; found {type(source).__name__} without one"
            raise TypeError(message)
        return cls(schema_name=schema_name, pk=getattr(source, "pk", None))

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        return _tenant, (self.schema_name, self.pk, dict(self.fields))

    @property
    def id(self) -> str:
        """The opaque id, fit for logs."""
        return self.schema_name


def _tenant(schema_name: str, pk: Any, fields: dict[str, Any]) -> Tenant:
    # A mapping proxy cannot be pickled or copied, so the value is made anew.
    return Tenant(schema_name=schema_name, pk=pk, fields=MappingProxyType(fields))


class Unit:
    """One unit of work: holds the connections that were opened in it, until it ends."""

    __slots__ = (
        "__weakref__",
        "_actor",
        "ended",
        "exitless",
        "number",
        "recorder",
        "sessions",
        "surface",
    )

    def __init__(self, surface: Surface = Surface.CODE, *, exitless: bool = False) -> None:
        self.number = next(_unit_numbers)
        self.surface = surface
        self.exitless = exitless
        self.ended = False
        self.sessions: dict[Hashable, Releasable] = {}
        self.recorder: Recorder | None = None
        self._actor: Callable[[], str] = str

    @property
    def actor(self) -> str:
        """Who is at work: `user:<pk>`, `task:<name>`, `command:<name>`; empty if not known yet."""
        return self._actor()

    def acts_for(self, actor: str | Callable[[], str]) -> None:
        """Say who is at work; a function is asked each time, because log-ins come late."""
        self._actor = actor if callable(actor) else lambda: actor

    @property
    def in_transaction(self) -> bool:
        """Whether any connection of this unit has a transaction that somebody opened."""
        return any(session.in_transaction for session in tuple(self.sessions.values()))

    def end(self) -> None:
        """Give back every connection; what still refers to one is refused from now on."""
        self.ended = True
        while self.sessions:
            _, session = self.sessions.popitem()
            session.release()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scope:
    """What the current unit of work may touch.

    `schema` is the schema that unqualified names mean; `stamp` is what instances, querysets and
    cursors carry to say where they were made.
    """

    kind: ScopeKind
    schema: str
    unit: Unit
    tenant: Tenant | None = None
    reason: str = ""
    stamp: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "stamp", f"{self.kind}:{self.schema}")
