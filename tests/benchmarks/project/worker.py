"""A process of its own: answers `[count, hosts, cold]` lines with nanoseconds per request."""

from __future__ import annotations

import gc
import io
import json
import os
import sys
import time
from typing import Any

from django.core.wsgi import get_wsgi_application

__all__ = ["main"]


def main() -> None:
    """Answer until standard input ends; garbage is collected between rounds, never inside one."""
    application = get_wsgi_application()
    gc.collect()
    gc.freeze()
    gc.disable()
    for line in sys.stdin:
        count, hosts, cold = json.loads(line)
        gc.collect()
        samples = [_request(application, hosts[n % len(hosts)], cold=cold) for n in range(count)]
        sys.stdout.write(json.dumps(samples) + "\n")
        sys.stdout.flush()


def _request(application: Any, host: str, *, cold: bool) -> int:
    if cold:
        _hang_up()
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "SERVER_NAME": host,
        "SERVER_PORT": "80",
        "HTTP_HOST": host,
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }
    answered: list[str] = []
    started = time.perf_counter_ns()
    response = application(environ, lambda status, _headers: answered.append(status))
    body = b"".join(response)
    response.close()
    elapsed = time.perf_counter_ns() - started
    if answered != ["200 OK"] or b'"figures"' not in body:
        message = f"{host}: {answered} {body[:300]!r}"
        raise RuntimeError(message)
    return elapsed


def _hang_up() -> None:
    if os.environ["BENCH_VARIANT"] in {"tenancy", "committed", "audited"}:
        from tenancy.backend.lending import pool  # noqa: PLC0415 -- after setup

        pool().close()
        return
    from django.db import connections  # noqa: PLC0415 -- after setup

    connections["default"].close()


if __name__ == "__main__":
    main()
