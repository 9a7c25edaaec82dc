"""E-mail: a message is sent in the scope it was made in, by the tenant's sender, alone.

Holds: no mail without a scope; a message made in one scope is neither changed, rendered nor sent
in another; a backend that was opened in one scope sends for no other; the sender is the tenant's
address (`TENANCY["EMAIL_SENDER"]`), whatever `from_email` or a From header says.
Does not hold: to whom a tenant writes, and what (templates: `tenancy.boundaries.templates`; links
are made from the request's host); attributes that are set (`message.body = …`), and what a
subclass's own `message()` writes.
`install` patches the public methods of Django's EmailMessage; each asks before it does its work.
On: EMAIL_BACKEND = "tenancy.boundaries.email.TenantEmailBackend" (MAILERS[…]["BACKEND"] since
Django 6.1); it sends with TENANCY["EMAIL_BACKEND"], set up by Django's own EMAIL_* settings.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from email.utils import getaddresses
from typing import Any

import django
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string
from typing_extensions import override

from tenancy import conf, signals
from tenancy.boundaries.operator_mail import is_operator_mail
from tenancy.current import current_scope
from tenancy.exceptions import IsolationError, NoTenantError, WrongTenantError
from tenancy.keys import opaque_id
from tenancy.provenance import STAMP, current_stamp
from tenancy.refusals import refused
from tenancy.scopes import Scope

__all__ = ["CHECKED_METHODS", "TenantEmailBackend", "install"]

# What Django's two classes offer, in 5.2 and 6.1; a test holds this list to the installed ones.
CHECKED_METHODS = (
    "attach",
    "attach_alternative",
    "attach_file",
    "body_contains",
    "get_connection",
    "message",
    "recipients",
    "send",
)
_SENDER_HEADERS = frozenset({"from", "sender", "resent-from", "resent-sender", "return-path"})
_UNBOUND = object()


class TenantEmailBackend(BaseEmailBackend):
    """Sends through `TENANCY["EMAIL_BACKEND"]`, for one scope only.

    `wrapped` names another backend (for MAILERS with several). Other options are passed on.
    """

    def __init__(
        self,
        fail_silently: bool = False,  # noqa: FBT001, FBT002 -- Django's signature
        *,
        wrapped: str = "",
        **options: Any,
    ) -> None:
        super().__init__()
        alias = options.pop("alias", None)
        if django.VERSION >= (6, 1):
            self.alias = options["alias"] = alias
        if fail_silently:
            options["fail_silently"] = True
        backend = import_string(wrapped or conf.tenancy().email_backend)
        self._wrapped: BaseEmailBackend = backend(**options)
        self._bound_to: object = _UNBOUND

    @override
    def open(self) -> bool | None:
        """Open the connection, for the current scope from now on.

        Raises:
            NoTenantError: there is no scope.
            WrongTenantError: another scope has used this backend.
        """
        self._bind()
        return self._wrapped.open()

    @override
    def close(self) -> None:
        self._wrapped.close()

    @override
    def send_messages(self, email_messages: Iterable[EmailMessage]) -> int:
        """Send messages of the current scope; the number of those sent.

        Raises:
            NoTenantError: there is no scope.
            WrongTenantError: a message or this backend belongs to another scope, or the sender
                is not the tenant's. No message was sent.
        """
        messages = list(email_messages or ())
        if not messages:
            return 0
        self._bind()
        for message in messages:
            _require_made_here(message)
            _require_own_sender(message)
        signals.releasing.send(sender=TenantEmailBackend, what="mail")
        return self._wrapped.send_messages(messages) or 0

    def _bind(self) -> None:
        here = _require_scope()
        if self._bound_to is _UNBOUND:
            self._bound_to = here
        elif self._bound_to != here:
            raise refused(_other("a mail connection", str(self._bound_to), here, "connection"))


def _require_scope() -> str:
    scope = current_scope()
    if is_operator_mail():
        return "operator"
    if scope is None or scope.unit.ended:
        message = (
            "refused: an e-mail outside any unit of work. Needed: tenant_scope(tenant), "
            "platform_scope() or the middleware around it."
        )
        raise refused(NoTenantError(message, reason="email:none:refused"))
    return scope.stamp


def _require_made_here(message: Any) -> None:
    made_in, here = getattr(message, STAMP, None), current_stamp()
    if made_in == here:
        return
    if made_in is None:
        setattr(message, STAMP, here)
        return
    if here is None:
        text = f"refused: an e-mail made in {_shown(made_in)} used outside any scope."
        raise refused(NoTenantError(text, reason="email:message:other"))
    raise refused(_other("an e-mail", made_in, here, "message"))


def _require_own_sender(message: EmailMessage) -> None:
    scope = current_scope()
    if is_operator_mail():
        _require_to_operator(message)
        return
    if scope is None or scope.tenant is None:
        return
    own = _sender(scope)
    if message.from_email == settings.DEFAULT_FROM_EMAIL:
        message.from_email = own
    given = [message.from_email]
    given += [
        str(value)
        for name, value in message.extra_headers.items()
        # Readers of mail take `From :` for `From:` (RFC 5322, section 4.5).
        if name.strip().lower() in _SENDER_HEADERS
    ]
    if not _addresses(given) <= _addresses([own]):
        text = (
            f"refused: an e-mail of {_shown(scope.stamp)} with a sender that is not this "
            "tenant's. Needed: the default sender, or the one that EMAIL_SENDER names."
        )
        raise refused(WrongTenantError(text, reason="email:sender:other"))


def _require_to_operator(message: EmailMessage) -> None:
    known = [entry[1] if isinstance(entry, tuple | list) else entry for entry in settings.ADMINS]
    is_plain = message.from_email == settings.SERVER_EMAIL and not message.extra_headers
    if not is_plain or not _addresses(message.recipients()) <= _addresses(known):
        text = "refused: an error report to somebody else. Needed: from SERVER_EMAIL to ADMINS."
        raise refused(IsolationError(text, reason="email:operator:other"))


def _sender(scope: Scope) -> str:
    path = conf.tenancy().email_sender
    return str(import_string(path)(scope.tenant)) if path else settings.DEFAULT_FROM_EMAIL


def _addresses(texts: Iterable[Any]) -> set[str]:
    return {address.lower() for _name, address in getaddresses([str(text) for text in texts])}


def _other(what: str, found: str, here: str, subject: str) -> WrongTenantError:
    text = (
        f"refused: {what} of another scope. Found: {_shown(found)}. Current: {_shown(here)}. "
        "Needed: one that is made in this unit of work."
    )
    reason = f"email:{subject}:other"
    return WrongTenantError(text, found=found, needed=here, reason=reason)


def _shown(stamp: str) -> str:
    kind, _, schema = stamp.partition(":")
    return f"{kind}:{opaque_id(stamp)}" if schema else kind


def install() -> None:
    """Stamp messages where they are made, and check each use; a second call changes nothing."""
    if "__new__" in vars(EmailMessage):
        return
    # Not __init__: Django warns by the caller's frame, and a frame of ours would be in between.
    setattr(EmailMessage, "__new__", _stamped)  # noqa: B010 -- a patch, said openly above
    for owner in (EmailMessage, EmailMultiAlternatives):
        for name in CHECKED_METHODS:
            if name in vars(owner):
                setattr(owner, name, _checking(vars(owner)[name]))


def _stamped(cls: type[EmailMessage], *args: Any, **kwargs: Any) -> EmailMessage:
    message = object.__new__(cls)
    setattr(message, STAMP, current_stamp())
    return message


def _checking(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        _require_made_here(self)
        return original(self, *args, **kwargs)

    return checked
