"""The floor of what a record can cost: one small row per request, committed durably."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse
from psycopg.pq import ExecStatus

__all__ = ["OneCommit"]

_INSERT = b"INSERT INTO shop_tag (label) VALUES ('one')"


class OneCommit:
    """Inserts through libpq's own handle, so that nothing but the commit is measured."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        result = connection.connection.pgconn.exec_params(_INSERT, None)
        if result.status != ExecStatus.COMMAND_OK:
            raise RuntimeError(result.error_message)
        return response
