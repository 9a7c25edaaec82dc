"""From where a request came: address, client and request id, for the events of its unit of work.

Put it right after `tenancy.middleware.TenantMiddleware`. The address and the client are only ever
sealed. Limit: the address is `REMOTE_ADDR`; behind a proxy the server has to set it.
"""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.apps import apps
from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string

from audit import conf
from audit.integrations.django_requests import aanswer, answer_in_unit
from audit.recording.current import current_record
from audit.recording.pending import Origin

__all__ = ["AuditMiddleware"]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_LONGEST_AGENT = 200


class AuditMiddleware:
    """Tells the record of the unit of work from where it came; sync and async."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer the request; without `tenancy` it is a unit of work that is made here."""
        record = current_record()
        if record is None:
            return self._in_unit(request)
        record.unit.origin = _origin(request)
        answer: HttpResponseBase | Awaitable[HttpResponseBase] = self.get_response(request)
        return answer

    def _in_unit(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if apps.is_installed("tenancy"):
            # A host of nobody: no scope, hence no access and nothing to record.
            answer: HttpResponseBase | Awaitable[HttpResponseBase] = self.get_response(request)
            return answer
        if iscoroutinefunction(self.get_response):
            return aanswer(self.get_response, request, _origin(request))
        return answer_in_unit(self.get_response, request, _origin(request))


def _origin(request: HttpRequest) -> Origin:
    given = request.headers.get("X-Request-ID", "")
    return Origin(
        address=str(request.META.get("REMOTE_ADDR", "")),
        agent=request.headers.get("User-Agent", "")[:_LONGEST_AGENT],
        request=given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8),
        role=functools.partial(_role, request),
    )


def _role(request: HttpRequest) -> str:
    path = conf.audit().role
    return str(import_string(path)(request)) if path else ""
