"""A web process: answers requests one after the other, and says which were released.

Arguments: the database's name. Each line on standard output is a request that was released: its
id, and the label that it had written. Killed at any moment by whoever started it.
"""

from __future__ import annotations

import os
import secrets
import sys

import django
from django.conf import settings

__all__ = ["main"]


def main(database: str) -> None:
    """Answer until killed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    settings.DATABASES["default"]["NAME"] = database
    settings.ROOT_URLCONF = "tests.audit.crash.pages"
    django.setup()
    from django.test import Client  # noqa: PLC0415 -- apps are ready

    from audit.integrations import tenancy as integration  # noqa: PLC0415 -- as above

    integration.connect()
    client = Client(raise_request_exception=True)
    while True:
        label = secrets.token_hex(8)
        headers = {"X-Request-ID": f"request-{label}"}
        response = client.get("/", {"label": label}, headers=headers)
        sys.stdout.write(f"{label} {response.status_code} {response.content.decode()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
