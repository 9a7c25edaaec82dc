"""Capsules: what a task's message says of whose work it is, signed and bound to that one message.

Holds: a message runs in the tenant that sent it or not at all. A capsule names the scope, the
task, a digest of the arguments, the actor and its end; it is signed with a key of that scope, so
a removed, forged, altered, moved or outdated one is refused, and so is one of a tenant that is
suspended or deleted by the time it arrives. Arguments that are another tenant's are not sent.
Does not hold: that a message runs once. Queues deliver at least once, and who can write to the
broker can deliver a message again, to the same tenant, until its capsule expires. Nor secrecy:
a capsule is signed, not encrypted. To turn it on: `boundaries.tasks` or `boundaries.celery`; for
a queue of your own, `pack` where a message is sent and `opened` around its work.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.query import RawQuerySet

from tenancy import conf, keys
from tenancy.context import platform_scope, tenant_scope
from tenancy.current import require_scope, scope_var
from tenancy.exceptions import NoTenantError, ScopeChangeError, SealError, WrongTenantError
from tenancy.managers import ScopeManager
from tenancy.provenance import STAMP
from tenancy.refusals import refused
from tenancy.registry import login_of
from tenancy.scopes import Scope, ScopeKind, Surface, Tenant

__all__ = [
    "Capsule",
    "canonical",
    "claimed_stamp",
    "digest_of",
    "entered",
    "opened",
    "own_digest_of",
    "pack",
    "pack_digest",
    "require_own_arguments",
    "sender_of",
    "verified",
]

_CONTEXT = b"task"
_ID_BYTES = 12
_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})
_COLLECTIONS = (list, tuple, set, frozenset)

_sorted_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_json_text = json.encoder.encode_basestring_ascii


@dataclass(frozen=True, kw_only=True, slots=True)
class Capsule:
    """What a verified capsule says; `expires` in seconds since 1970, `digest` in hexadecimal."""

    stamp: str
    task: str
    digest: str
    actor: str
    expires: int
    id: str


def pack(task: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> str:
    """A capsule for one message of the current scope, a tenant's or the platform's.

    Raises:
        NoTenantError: there is no scope, or its unit has ended.
        WrongTenantError: the owner's scope, or an argument of another scope.
        TypeError: an argument cannot be sent as JSON.
    """
    return pack_digest(task, own_digest_of(list(args), dict(kwargs or {})))


def pack_digest(task: str, digest: str, *, issuer: Capsule | None = None) -> str:
    """As `pack`, for arguments that were checked; `issuer` is the capsule it follows from.

    An issuer is a capsule that this process has verified and whose task it just ran: what its
    message ordered to come next is sent in its scope, for its actor.

    Raises:
        NoTenantError: there is neither a scope nor an issuer.
        WrongTenantError: the owner's scope.
    """
    if issuer is None:
        scope = require_scope()
        stamp, actor = scope.stamp, scope.unit.actor
    else:
        stamp, actor = issuer.stamp, issuer.actor
    _kind_and_schema(stamp)
    expires = int(time.time()) + conf.tenancy().capsule_seconds
    # Why no expiry of the seal: what an outdated capsule belongs to can still be told.
    payload = (
        f'{{"actor":{_json_text(actor)},"digest":"{digest}","expires":{expires},'
        f'"id":"{secrets.token_hex(_ID_BYTES)}","stamp":{_json_text(stamp)},"task":{_json_text(task)}}}'
    )
    return keys.seal(keys.Purpose.CAPSULE, payload.encode(), context=_CONTEXT, stamp=stamp)


@contextmanager
def opened(
    capsule: object,
    task: str,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    joins: bool = False,
) -> Iterator[Scope]:
    """Run the block in a unit of the scope that sent the message.

    Args:
        capsule: what came with the message; anything but text is a missing capsule.
        task: the name of the task that is about to run.
        args: its positional arguments, as they arrived.
        kwargs: its keyword arguments, as they arrived.
        joins: whether the block may run inside a unit of the same scope (work that is run where
            it was sent); otherwise any scope that is still there is refused.

    Raises:
        NoTenantError: there is no capsule, or its tenant is not active.
        SealError: it does not verify, is for another task or other arguments, or has expired.
        ScopeChangeError: this worker is still inside a scope.
        RegistryUnavailableError: nobody can say whether the tenant is active.
    """
    found = verified(capsule, task, digest_of(list(args), dict(kwargs or {})))
    with entered(found, joins=joins) as scope:
        yield scope


def verified(capsule: object, task: str, digest: str, *, expires: bool = True) -> Capsule:
    """What the capsule says, if it was made in the scope it names and for this very message.

    `expires=False` also takes an outdated one: to tell whose a result is, never to run work.

    Raises:
        NoTenantError: there is no capsule.
        SealError: it does not verify, is for another task or other arguments, or has expired.
    """
    if not isinstance(capsule, str) or not capsule:
        message = f"refused: {task} came without a capsule. Needed: one made by pack()."
        raise refused(NoTenantError(message, reason="task:capsule:missing"))
    found = _unsealed(capsule)
    if (found.task, found.digest) != (task, digest):
        message = (
            f"refused: a capsule for another message. Found: {found.task} of {found.stamp}. "
            f"Needed: {task} and the arguments that came with it."
        )
        raise refused(SealError(message, reason="task:capsule:other"))
    if expires and time.time() >= found.expires:
        message = f"refused: the capsule of {task} of {found.stamp} has expired."
        raise refused(SealError(message, reason="task:capsule:expired"))
    return found


@contextmanager
def entered(found: Capsule, *, joins: bool = False) -> Iterator[Scope]:
    """Run the block in a unit of a verified capsule's scope; see `opened`."""
    outer = scope_var.get()
    if outer is not None and not (joins and outer.stamp == found.stamp):
        message = (
            f"refused: {found.task} of {found.stamp} cannot start here. "
            f"Found: a worker that is still in {outer.stamp}. Needed: one outside any scope."
        )
        raise refused(ScopeChangeError(message, reason="task:scope:leftover"))
    with _manager(found) as scope:
        before = scope.unit._actor
        scope.unit.acts_for(f"task:{found.task}")
        try:
            yield scope
        finally:
            scope.unit.acts_for(before)


def require_own_arguments(*values: object) -> None:
    """Check instances and querysets in `values`, at any depth, for another scope's stamp.

    Raises:
        NoTenantError: there is no scope.
        WrongTenantError: one was made in another scope; `reason` is `task:argument:other`.
    """
    here = require_scope().stamp
    seen: set[int] = set()
    waiting: list[object] = list(values)
    while waiting:
        value = waiting.pop()
        if type(value) in _PLAIN or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Mapping):
            waiting.extend(value.keys())
            waiting.extend(value.values())
        elif isinstance(value, _COLLECTIONS):
            waiting.extend(value)
        elif (carrier := _carrier(value)) is not None:
            _require_stamp(carrier, here)


def canonical(value: object, *, default: Callable[[Any], Any] | None = None) -> bytes:
    """The one text of a JSON value, whatever way it took: keys sorted, no blanks, ASCII.

    Tuples are lists and keys are text, as they are after any queue. `default` turns what JSON
    does not know into what it knows, as the queue's own encoder does.

    Raises:
        TypeError: something in it is not JSON's.
        ValueError: it contains itself.
    """
    found = _plain_text(value)
    if found is not None:
        return found.encode()
    # Other keys become text, and are sorted as such, on the way only.
    plain = json.loads(json.dumps(value, default=default))
    return _sorted_json(plain).encode()


def digest_of(*parts: object, default: Callable[[Any], Any] | None = None) -> str:
    """SHA-256 of the canonical text of all parts together, in hexadecimal."""
    return hashlib.sha256(canonical(parts, default=default)).hexdigest()


def own_digest_of(*parts: object, default: Callable[[Any], Any] | None = None) -> str:
    """As `digest_of`, of what is about to be sent: no part of it is another scope's.

    Raises:
        NoTenantError: there is no scope.
        WrongTenantError: as `require_own_arguments`.
        TypeError: something in it is not JSON's.
    """
    require_scope()
    found = _plain_text(parts)
    if found is not None:
        # JSON knows neither instances nor querysets: there is none in it.
        return hashlib.sha256(found.encode()).hexdigest()
    require_own_arguments(*parts)
    return digest_of(*parts, default=default)


def sender_of(capsule: object) -> str | None:
    """The stamp of the scope that made the capsule, for whatever message and time; None if none.

    Raises:
        SealError: it does not verify.
    """
    return _unsealed(capsule).stamp if isinstance(capsule, str) and capsule else None


def claimed_stamp(sealed: str) -> str:
    """The stamp that a seal names in its payload; nothing is verified yet.

    Raises:
        SealError: it names none.
    """
    try:
        text = sealed.split(".")[2]
        payload = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return str(payload["stamp"])
    except (LookupError, TypeError, ValueError, binascii.Error) as error:
        message = "refused: a capsule that names no scope. Found: noise. Needed: one of pack()."
        raise refused(SealError(message, reason="task:capsule:refused")) from error


def _unsealed(capsule: str) -> Capsule:
    stamp = claimed_stamp(capsule)
    payload = keys.unseal(keys.Purpose.CAPSULE, capsule, context=_CONTEXT, stamp=stamp)
    return Capsule(**json.loads(payload))


def _manager(found: Capsule) -> ScopeManager:
    kind, schema = _kind_and_schema(found.stamp)
    if kind is ScopeKind.PLATFORM and schema == conf.platform_schema():
        return platform_scope(surface=Surface.TASK)
    if kind is ScopeKind.PLATFORM or login_of(schema) is None:
        message = (
            f"refused: {found.task} of {found.stamp}. Found: no such active tenant (suspended or "
            "deleted). Needed: an active one."
        )
        raise refused(NoTenantError(message, reason="task:tenant:inactive"))
    return tenant_scope(Tenant(schema_name=schema), surface=Surface.TASK)


@functools.lru_cache(maxsize=4_096)
def _kind_and_schema(stamp: str) -> tuple[ScopeKind, str]:
    kind, _, schema = stamp.partition(":")
    if kind not in {ScopeKind.TENANT, ScopeKind.PLATFORM} or not schema:
        message = f"refused: no task runs in {stamp}. Needed: a tenant's or the platform's scope."
        raise refused(WrongTenantError(message, found=stamp, reason="task:scope:refused"))
    return ScopeKind(kind), schema


def _plain_text(value: object) -> str | None:
    """The canonical text of what is JSON as it stands; None of what must be turned first."""
    try:
        found = _sorted_json(value)
    except TypeError:
        return None
    return found if _has_text_keys(value) else None


def _has_text_keys(value: object) -> bool:
    # After the encoder: it has found that nothing contains itself.
    waiting = [value]
    for one in waiting:
        if isinstance(one, dict):
            for key in one:
                if type(key) is not str:
                    return False
            waiting.extend(one.values())
        elif isinstance(one, list | tuple):
            waiting.extend(one)
    return True


def _carrier(value: object) -> object | None:
    if isinstance(value, Model):
        return value._state
    if isinstance(value, QuerySet):
        return value.query
    return value if isinstance(value, RawQuerySet) else None


def _require_stamp(carrier: object, here: str) -> None:
    made_in = getattr(carrier, STAMP, None)
    if made_in not in {None, here}:
        message = (
            f"refused: a task's argument was made in another scope. Found: {made_in}. "
            f"Current: {here}. Needed: the key of a row of this tenant."
        )
        raise refused(
            WrongTenantError(message, found=made_in, needed=here, reason="task:argument:other")
        )
