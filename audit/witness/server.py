"""A witness as a small HTTP server, which a customer can run: no Django, no database.

`POST /add-checkpoint` is C2SP tlog-witness; `GET /checkpoint/<SHA-256 of the origin, hex>` is the
last checkpoint with the witness's cosignature. Requests are bounded in size and time.
"""

from __future__ import annotations

import base64
import binascii
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from audit.witness.errors import WitnessRefusedError
from audit.witness.http import CHECKPOINT_PATH, origin_path
from audit.witness.judging import Judge

__all__ = ["WitnessServer"]

_MOST_BYTES = 65_536
_SIZE_TYPE = "text/x.tlog.size"


class WitnessServer(ThreadingHTTPServer):
    """Answers for one judge until `shutdown()`."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], judge: Judge) -> None:
        self.judge = judge
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "audit-witness"
    sys_version = ""
    timeout: ClassVar[float] = 10.0
    server: WitnessServer

    def do_POST(self) -> None:
        if self.path != "/add-checkpoint":
            self._answer(404, "not found\n")
            return
        try:
            old, proof, note = _parsed(self._body())
            line = self.server.judge.add(old, proof, note)
        except WitnessRefusedError as error:
            self._refuse(error)
        except sqlite3.Error:
            # Nothing was cosigned: its memory could not be written.
            self._answer(503, "unavailable\n")
        except (ValueError, binascii.Error):
            self._answer(400, "malformed\n")
        else:
            self._answer(200, line)

    def do_GET(self) -> None:
        store = self.server.judge.store
        if self.path.startswith(CHECKPOINT_PATH):
            for origin in store.origins():
                found = store.known(origin)
                if found is not None and origin_path(origin) == self.path:
                    self._answer(200, found.note)
                    return
        self._answer(404, "not found\n")

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length", "-1"))
        if not 0 <= length <= _MOST_BYTES:
            self.close_connection = True
            raise ValueError
        return self.rfile.read(length)

    def _refuse(self, error: WitnessRefusedError) -> None:
        if error.status == 409:  # noqa: PLR2004 -- C2SP's status for another old size
            self._answer(409, f"{error.size}\n", content_type=_SIZE_TYPE)
        else:
            self._answer(error.status, f"{error.kind}\n")

    def _answer(
        self, status: int, text: str, *, content_type: str = "text/plain; charset=utf-8"
    ) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Nothing: a witness that logged requests would say who works when."""


def _parsed(body: bytes) -> tuple[int, list[bytes], bytes]:
    head, blank, note = body.partition(b"\n\n")
    first, *lines = head.decode("ascii").split("\n")
    word, space, size = first.partition(" ")
    if not blank or word != "old" or not space or not size.isdecimal() or str(int(size)) != size:
        raise ValueError
    return int(size), [base64.b64decode(line, validate=True) for line in lines], note
