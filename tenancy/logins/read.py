"""What the server says about a login, for checks and proofs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.rows import TupleRow

from tenancy.logins.statements import statement
from tenancy.logins.trusted import OwnerConnection, trusted

__all__ = ["LoginAttributes", "login_attributes"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginAttributes:
    """A login as the catalogs show it.

    `member_of` is what it may become or use; `members` is who may become it (on PostgreSQL 16+ the
    owner, which made it, with ADMIN only). `owned` counts objects in all databases of the cluster.
    `settings` are those of the role and of the role in this database.
    """

    name: str
    can_login: bool
    superuser: bool
    bypass_rls: bool
    create_role: bool
    create_db: bool
    replication: bool
    inherit: bool
    connection_limit: int
    member_of: tuple[str, ...]
    members: tuple[str, ...]
    owned: int
    settings: Mapping[str, str]
    may_connect: bool

    @property
    def is_powerless(self) -> bool:
        """Whether it has no attribute, membership or object by which grants can be passed by."""
        powers = (
            self.superuser,
            self.bypass_rls,
            self.create_role,
            self.create_db,
            self.replication,
            self.inherit,
        )
        return not any(powers) and not self.member_of and self.owned == 0


def login_attributes(conn: OwnerConnection, login: str) -> LoginAttributes | None:
    """The login's attributes, or None if there is no such role.

    Limit: reads the catalogs, so `conn` must be of the owner or a superuser on a hardened server.
    """
    with trusted(conn):
        row = conn.execute(statement("login_attributes"), {"login": login}).fetchone()
    return None if row is None else _from_row(row)


def _from_row(row: TupleRow) -> LoginAttributes:
    fields: dict[str, Any] = dict(zip(LoginAttributes.__slots__, row, strict=True))
    fields["member_of"] = tuple(fields["member_of"])
    fields["members"] = tuple(fields["members"])
    pairs = (setting.partition("=") for setting in fields["settings"])
    fields["settings"] = {name: value for name, _, value in pairs}
    return LoginAttributes(**fields)
