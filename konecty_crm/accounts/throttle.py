"""Slows down guessing of passwords: failed log-ins are counted in the agency's own table.

Limit: addresses are those of the connection, so behind a proxy all attempts seem to come from it;
the two limits per e-mail address still hold. Links for a new password are counted in the cache, so
for each process where the cache is one process's own.
"""

from __future__ import annotations

import datetime as dt

from django.contrib.auth import authenticate
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from konecty_crm.accounts.models import LogInFailure, Person

__all__ = ["check_credentials", "count_reset"]

_WINDOW = dt.timedelta(minutes=15)
_PER_EMAIL_AND_ADDRESS = 5
_PER_EMAIL = 30
_PER_ADDRESS = 100
_RESETS_PER_EMAIL = 3
_RESETS_PER_ADDRESS = 20

_WRONG = "E-mail ou senha incorretos."
_TOO_MANY = "Muitas tentativas. Aguarde 15 minutos e tente novamente."


def check_credentials(request: HttpRequest, email: str, password: str) -> Person:
    """The person with this e-mail address and password.

    Raises:
        ValidationError: wrong, inactive or unknown (one answer for all), code `invalid_login`; or
            too many failures in the last 15 minutes, code `throttled`.
    """
    email = Person.objects.normalize_email(email)
    address = request.META.get("REMOTE_ADDR") or None
    if _is_throttled(email, address):
        raise ValidationError(_TOO_MANY, code="throttled")
    person = authenticate(request, username=email, password=password)
    if person is None:
        LogInFailure.objects.create(email=email[:254], address=address)
        raise ValidationError(_WRONG, code="invalid_login")
    LogInFailure.objects.filter(email=email, address=address).delete()
    return person


def _is_throttled(email: str, address: str | None) -> bool:
    LogInFailure.objects.filter(failed_at__lt=timezone.now() - 4 * _WINDOW).delete()
    recent = LogInFailure.objects.filter(failed_at__gt=timezone.now() - _WINDOW)
    return (
        recent.filter(email=email, address=address).count() >= _PER_EMAIL_AND_ADDRESS
        or recent.filter(email=email).count() >= _PER_EMAIL
        or recent.filter(address=address).count() >= _PER_ADDRESS
    )


def count_reset(request: HttpRequest, email: str) -> None:
    """Count one request for a link; known and unknown e-mail addresses alike.

    Raises:
        ValidationError: too many in the last 15 minutes, code `throttled`.
    """
    address = request.META.get("REMOTE_ADDR") or ""
    limits = {
        f"reset:email:{Person.objects.normalize_email(email)}": _RESETS_PER_EMAIL,
        f"reset:address:{address}": _RESETS_PER_ADDRESS,
    }
    # Every count is taken before any is judged.
    counts = [(_counted(key), limit) for key, limit in limits.items()]
    if any(count > limit for count, limit in counts):
        raise ValidationError(_TOO_MANY, code="throttled")


def _counted(key: str) -> int:
    cache.add(key, 0, _WINDOW.total_seconds())
    try:
        return cache.incr(key)
    except ValueError:
        # It expired in between.
        cache.set(key, 1, _WINDOW.total_seconds())
        return 1
