"""A process of its own: answers lines of JSON `[schema, method, arguments]` with the result."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django


def main() -> None:
    """Answer until standard input ends."""
    from django.conf import settings  # noqa: PLC0415 -- after main() was called

    settings.DATABASES["default"]["NAME"] = os.environ["DOOR_DATABASE"]
    settings.CACHES = json.loads(os.environ["DOOR_CACHES"])
    django.setup()
    for line in sys.stdin:
        schema, method, arguments = json.loads(line)
        sys.stdout.write(json.dumps(_answer(schema, method, arguments)) + "\n")
        sys.stdout.flush()


def _answer(schema: str, method: str, arguments: list[Any]) -> Any:
    from django.core.cache import cache  # noqa: PLC0415 -- after setup

    from tenancy.context import tenant_scope  # noqa: PLC0415 -- after setup
    from tenancy.exceptions import IsolationError  # noqa: PLC0415 -- after setup
    from tenancy.scopes import Tenant  # noqa: PLC0415 -- after setup

    with tenant_scope(Tenant(schema_name=schema)):
        if method == "count":
            key, times = arguments
            return [cache.incr(key) for _ in range(times)][-1]
        try:
            return getattr(cache, method)(*arguments)
        except IsolationError as error:
            return f"{type(error).__name__} {error.reason}"


if __name__ == "__main__":
    main()
