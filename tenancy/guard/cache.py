"""The guard: judges a statement before it is sent, and remembers what it allowed.

Rules:

1. A statement is refused unless it was judged and allowed, for this text, with parameters or
   without, in this style of placeholders. The exact text is the key: a fingerprint drops
   constants, and `nextval('other.seq')` differs from a harmless one only there.
2. Only permissions are remembered, and what they still have to be compared with: the schemas that
   the statement names. Refused texts take no room.
3. Reading takes no lock. The number of texts and their total length are bounded; the oldest go.

Limits: the guard judges the text that it is given. The caller gives it exactly what the driver
gets, after `standard_conforming_strings=on` and `client_encoding=UTF8` were seen on the
connection, and asks for every statement. The inner statement of a server-side cursor is judged by
itself; its DECLARE is the driver's.
"""

from __future__ import annotations

import threading
from collections import deque

from tenancy.exceptions import StatementRefusedError
from tenancy.guard.parse import UnparsableError, facts
from tenancy.guard.placeholders import PlaceholderError, Style, numbered
from tenancy.guard.policy import Policy, Reason, Verdict, judge

__all__ = ["Guard", "Style"]

_LONGEST_KEPT_CHARACTERS = 32_768
_KEPT_CHARACTERS = 16_777_216

_Key = tuple[str, bool, bool]


class Guard:
    """Refuses every statement that its policy does not allow. One serves all threads and tenants.

    `size` is the number of statements that are remembered.
    """

    def __init__(self, policy: Policy, *, size: int = 4096) -> None:
        self._policy = policy
        self._size = size
        self._kept: dict[_Key, frozenset[str]] = {}
        self._order: deque[_Key] = deque()
        self._characters = 0
        self._lock = threading.Lock()

    @property
    def policy(self) -> Policy:
        """What it judges by."""
        return self._policy

    def check(
        self, statement: str, *, has_params: bool, schema: str, style: Style = Style.PERCENT
    ) -> None:
        """Returns if the statement may be sent by the login that owns `schema`'s data.

        `has_params` is whether the driver is given parameters at all; an empty sequence counts.

        Raises:
            StatementRefusedError: with the `reason`, before anything was sent. The message holds
                no constant and no parameter; the text is in the attribute `statement`.
        """
        key = (statement, has_params, style is Style.RAW)
        schemas = self._kept.get(key)
        if schemas is None:
            schemas = self._judged(key, style)
        if schemas and schemas != {schema}:
            foreign = min(schemas - {schema})
            raise _refusal(
                statement,
                Reason.RELATION_FOREIGN,
                f"found the schema {foreign}, only {schema} is reachable",
            )

    def verdict(
        self, statement: str, *, has_params: bool, style: Style = Style.PERCENT
    ) -> Verdict:
        """What the policy says of the statement; nothing is remembered, nothing raised."""
        try:
            text = numbered(statement, style=style, has_params=has_params)
            return judge(facts(text.text), text, self._policy)
        except PlaceholderError as error:
            return Verdict(allowed=False, reason=error.reason, detail=str(error))
        except UnparsableError as error:
            reason = Reason.STATEMENT_UNPARSABLE
            return Verdict(allowed=False, reason=reason, detail=str(error))

    def _judged(self, key: _Key, style: Style) -> frozenset[str]:
        statement, has_params, _ = key
        verdict = self.verdict(statement, has_params=has_params, style=style)
        if not verdict.allowed:
            raise _refusal(statement, verdict.reason, verdict.detail)
        if len(statement) <= _LONGEST_KEPT_CHARACTERS:
            self._keep(key, verdict.schemas)
        return verdict.schemas

    def _keep(self, key: _Key, schemas: frozenset[str]) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = schemas
            self._order.append(key)
            self._characters += len(key[0])
            while len(self._order) > self._size or self._characters > _KEPT_CHARACTERS:
                oldest = self._order.popleft()
                del self._kept[oldest]
                self._characters -= len(oldest[0])


def _refusal(statement: str, reason: Reason | None, detail: str) -> StatementRefusedError:
    code = (reason or Reason.STATEMENT_KIND).value
    message = f"statement refused ({code}): {detail}"
    return StatementRefusedError(message, reason=code, statement=statement)
