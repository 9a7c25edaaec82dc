"""Reads the name of a sequence out of the literal that `nextval` and `currval` get.

PostgreSQL parses that literal at run time, where no parser of statements sees it. Only the forms
that cannot be misread are taken: one or two identifiers, each lower-case or quoted, no blanks.
Digits alone would be an object's number; those, three parts and everything else are refused.
"""

from __future__ import annotations

import re

__all__ = ["sequence_name"]

# NAMEDATALEN - 1: PostgreSQL cuts a longer identifier, and two names would become one.
_LONGEST_BYTES = 63

_PART = r'([a-z_][a-z0-9_]*|"(?:[^"\0]|"")+")'
_NAME = re.compile(rf"(?:{_PART}\.)?{_PART}")


def sequence_name(literal: str) -> tuple[str, str] | None:
    """Schema (empty if not written) and name, or None if the literal is not plainly a name."""
    match = _NAME.fullmatch(literal)
    if match is None:
        return None
    schema, name = (_identifier(part or "") for part in match.groups())
    if max(len(schema.encode()), len(name.encode())) > _LONGEST_BYTES:
        return None
    return schema, name


def _identifier(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part
