"""What the audit log is told of people: their role, which says nothing of who they are."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import LazyObject, empty

__all__ = ["role_of"]


def role_of(request: HttpRequest) -> str:
    """The role of whoever is logged in; empty if nobody has asked for the user yet."""
    user = vars(request).get("user")
    if isinstance(user, LazyObject):
        user = None if user._wrapped is empty else user._wrapped  # noqa: SLF001 -- asking would query
    return str(getattr(user, "role", ""))
