"""A process of its own: opens connections of all kinds until told to stop; prints what failed."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import Counter
from itertools import islice

import django

from tenancy.logins.secrets import MasterKeys


def main(schemas: list[str]) -> None:
    """Say `ready`, work until standard input ends, then print `{"done": …, "failed": {…}}`.

    With KEYS_DOOR off, only the password that a login should have is tried.
    """
    from django.conf import settings  # noqa: PLC0415 -- after main() was called

    settings.DATABASES["default"]["NAME"] = os.environ["KEYS_DATABASE"]
    settings.TENANCY.update(json.loads(os.environ["KEYS_TENANCY"]))
    django.setup()
    if os.environ["KEYS_DOOR"] == "off":
        every = MasterKeys.passwords
        MasterKeys.passwords = lambda *args, **kwargs: islice(every(*args, **kwargs), 1)  # type: ignore[method-assign]  # -- the protection that is off
    done, failed, stop = Counter[str](), Counter[str](), threading.Event()
    worker = threading.Thread(target=_work, args=(schemas, done, failed, stop))
    worker.start()
    sys.stdin.read()
    stop.set()
    worker.join()
    sys.stdout.write(json.dumps({"done": sum(done.values()), "failed": failed}))


def _work(
    schemas: list[str], done: Counter[str], failed: Counter[str], stop: threading.Event
) -> None:
    from tenancy.backend.lending import pool, quarantine_connection  # noqa: PLC0415 -- after setup
    from tenancy.context import platform_scope, tenant_scope  # noqa: PLC0415 -- as above
    from tenancy.registry import registry  # noqa: PLC0415 -- as above
    from tenancy.scopes import Tenant  # noqa: PLC0415 -- as above
    from tests.foreign.shop.models import Tag  # noqa: PLC0415 -- as above

    while not stop.is_set():
        for schema in schemas:
            try:
                with tenant_scope(Tenant(schema_name=schema)):
                    Tag.objects.count()
                with platform_scope(), quarantine_connection():
                    pass
            except Exception as error:  # noqa: BLE001 -- the errors are the result
                failed[f"{type(error).__name__}: {error}"] += 1
            done[schema] += 1
        pool().close()
        if sum(done.values()) == len(schemas):
            sys.stdout.write("ready\n")
            sys.stdout.flush()
        if sum(done.values()) % 5 == 0:
            registry().close()


if __name__ == "__main__":
    main(sys.argv[1:])
