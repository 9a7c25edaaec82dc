"""Why a statement was refused: the stable codes, for logs and tests."""

from __future__ import annotations

import enum

__all__ = ["Reason"]


class Reason(enum.StrEnum):
    """A code `object:subject:action`; a released value never changes its meaning."""

    STATEMENT_UNPARSABLE = "statement:unparsable:refused"
    STATEMENT_EMPTY = "statement:empty:refused"
    STATEMENT_SEVERAL = "statement:several:refused"
    STATEMENT_KIND = "statement:kind:refused"
    EXPLAIN_SETTING = "explain:setting:refused"
    EXPLAIN_OPTION = "explain:option:refused"
    PLACEHOLDER_SYNTAX = "placeholder:syntax:refused"
    PLACEHOLDER_POSITION = "placeholder:position:refused"
    NODE_UNLISTED = "node:kind:unlisted"
    RELATION_CATALOG = "relation:catalog:refused"
    RELATION_DATABASE = "relation:database:refused"
    RELATION_FOREIGN = "relation:schema:foreign"
    FUNCTION_UNLISTED = "function:name:unlisted"
    FUNCTION_SCHEMA = "function:schema:refused"
    FUNCTION_ARGUMENT = "function:argument:refused"
    VALUE_SESSION = "value:session:refused"
    TYPE_UNLISTED = "type:name:unlisted"
    TYPE_SCHEMA = "type:schema:refused"
    COLUMN_SYSTEM = "column:system:refused"
    COLUMN_FUNCTION = "column:function:refused"
    FIELD_UNLISTED = "field:name:unlisted"
    OPERATOR_SCHEMA = "operator:schema:refused"
    COLLATION_SCHEMA = "collation:schema:refused"
