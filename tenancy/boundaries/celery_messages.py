"""A Celery message's capsule: what it covers, and which one the task at work was verified by.

Holds: the digest covers the task's id, arguments, callbacks, errbacks, chain and chord, as they
are once Celery's JSON has carried them. What was verified is kept on the request object, as an
instance of a class that no message can make. Does not hold: eta, expiry, retry count and foreign
headers are not covered. Used by `boundaries.celery` and `celery_results`; nothing to turn on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from celery.app.task import Context
from kombu.utils.json import JSONEncoder

from tenancy.boundaries import capsule
from tenancy.boundaries.capsule import Capsule

__all__ = ["HEADER", "digest", "grant_of", "own_digest", "verified_request"]

HEADER = "tenancy_capsule"
_GRANT = "tenancy_grant"
_COVERED = ("callbacks", "errbacks", "chain", "chord")

_encode = JSONEncoder().default


def digest(
    task_id: str, args: Sequence[Any], kwargs: Mapping[str, Any], ordered: Mapping[str, Any]
) -> str:
    """The digest of one message; `ordered` is what it orders to come next, None where nothing."""
    return capsule.digest_of(*_covered(task_id, args, kwargs, ordered), default=_encode)


def own_digest(
    task_id: str, args: Sequence[Any], kwargs: Mapping[str, Any], ordered: Mapping[str, Any]
) -> str:
    """As `digest`, of a message about to be sent.

    Raises:
        NoTenantError: there is no scope.
        WrongTenantError: an argument of another scope.
    """
    return capsule.own_digest_of(*_covered(task_id, args, kwargs, ordered), default=_encode)


def grant_of(request: Context | None) -> Capsule | None:
    """The capsule that this process has verified for this request, or None."""
    found = None if request is None else request.__dict__.get(_GRANT)
    return found if isinstance(found, Capsule) else None


def verified_request(
    request: Context, task: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Capsule:
    """Verify a request's capsule and remember it for what comes after the call.

    Raises:
        NoTenantError: there is no capsule.
        SealError: it does not verify, is for another message, or has expired.
    """
    covered = {name: getattr(request, name, None) for name in _COVERED}
    text = (request.headers or {}).get(HEADER)
    found = capsule.verified(text, task, digest(request.id, args, kwargs, covered))
    request.__dict__[_GRANT] = found
    return found


def _covered(
    task_id: str, args: Sequence[Any], kwargs: Mapping[str, Any], ordered: Mapping[str, Any]
) -> tuple[Any, ...]:
    next_ones = [ordered.get(name) or None for name in _COVERED]
    return task_id, list(args), dict(kwargs), next_ones
