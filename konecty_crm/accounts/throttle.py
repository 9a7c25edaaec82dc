"""Slows down guessing of passwords: failed log-ins are counted in the agency's own table.

Limit: addresses are those of the connection, so behind a proxy all attempts seem to come from it;
the two limits per e-mail address still hold.
"""

from __future__ import annotations

import datetime as dt

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from konecty_crm.accounts.models import LogInFailure, Person

__all__ = ["check_credentials"]

_WINDOW = dt.timedelta(minutes=15)
_PER_EMAIL_AND_ADDRESS = 5
_PER_EMAIL = 30
_PER_ADDRESS = 100

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
