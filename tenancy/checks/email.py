"""System checks of the e-mail door: what would send a tenant's mail past it, each with a hint."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.log import AdminEmailHandler
from django.utils.module_loading import import_string

from tenancy import conf
from tenancy.boundaries.operator_mail import OperatorMailHandler

__all__ = ["check_deployed_email", "check_email"]

_DOOR = "tenancy.boundaries.email.TenantEmailBackend"
# They send nothing: for tests, and for projects without mail.
_SENDS_NOTHING = frozenset(
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("dummy", "locmem")
)

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy")
def check_email(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What can never work."""
    try:
        tenancy = conf.tenancy()
    except ImproperlyConfigured:
        return []
    return [*_importable(tenancy.email_sender), *_wrapped(tenancy.email_backend)]


@checks.register("tenancy", deploy=True)
def check_deployed_email(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is acceptable only where no mail is sent."""
    try:
        sender = conf.tenancy().email_sender
    except ImproperlyConfigured:
        return []
    backends = _backends()
    found = [*_past_the_door(backends), *_admin_handlers()]
    if not sender and _DOOR in backends.values():
        found.append(
            _error(
                "E067",
                "TENANCY['EMAIL_SENDER'] is not set: all tenants send from one address.",
                "Name a function from the tenant to its sender's address.",
            )
        )
    return found


def _backends() -> dict[str, str]:
    mailers = getattr(settings, "MAILERS", None)
    if mailers is None:
        return {"EMAIL_BACKEND": conf.kept("EMAIL_BACKEND")}
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    return {f"MAILERS[{alias!r}]": kept.get("BACKEND", smtp) for alias, kept in mailers.items()}


def _past_the_door(backends: dict[str, str]) -> _Found:
    for name, backend in backends.items():
        if backend != _DOOR and backend not in _SENDS_NOTHING:
            yield _error(
                "E066",
                f"{name} is {backend!r}: mail is sent without asking whose it is.",
                f"Set it to {_DOOR!r}, and TENANCY['EMAIL_BACKEND'] to what it was.",
            )


def _importable(sender: str) -> _Found:
    if not sender:
        return
    try:
        import_string(sender)
    except ImportError as error:
        yield _error(
            "E067",
            f"TENANCY['EMAIL_SENDER'] cannot be imported: {error}",
            "Needed: the dotted path of a function from the tenant to an address.",
        )


def _wrapped(backend: str) -> _Found:
    problem = ""
    try:
        import_string(backend)
    except ImportError as error:
        problem = f"cannot be imported: {error}"
    if backend == _DOOR:
        problem = "is the door itself: it would send through itself."
    if problem:
        hint = "Needed: the backend that sends, for example Django's SMTP backend."
        yield _error("E068", f"TENANCY['EMAIL_BACKEND'] {problem}", hint)


def _admin_handlers() -> _Found:
    if not settings.ADMINS:
        return
    for name, logger in [("", logging.root), *logging.root.manager.loggerDict.items()]:
        for handler in getattr(logger, "handlers", ()):
            if isinstance(handler, AdminEmailHandler) and not isinstance(
                handler, OperatorMailHandler
            ):
                yield _error(
                    "E069",
                    f"the logger {name or 'root'!r} mails errors to ADMINS with Django's handler, "
                    "which a tenant's scope refuses.",
                    "Use tenancy.boundaries.operator_mail.OperatorMailHandler.",
                )


def _error(number: str, message: str, hint: str) -> checks.CheckMessage:
    return checks.Error(message, hint=hint, id=f"tenancy.{number}")
