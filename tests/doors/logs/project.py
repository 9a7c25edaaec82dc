"""Settings of a project whose pages fail, and its server.

`python -m tests.doors.logs.project` serves it from a process of its own. The environment says
which project's settings it builds on, its database, and what is off.
"""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import ExitStack
from wsgiref.simple_server import WSGIServer, make_server

import django
from django.core.handlers.wsgi import WSGIHandler

from tenancy.boundaries import logs

_base = importlib.import_module(os.environ["DOORS_SETTINGS"])
_operator = "ops@platform.example"
globals().update({name: getattr(_base, name) for name in dir(_base) if name.isupper()})

DATABASES = _base.DATABASES
DATABASES["default"]["NAME"] = os.environ["DOORS_DATABASE"]
ROOT_URLCONF = "tests.doors.logs.pages"
MIDDLEWARE = ["tenancy.middleware.TenantMiddleware"]
DEBUG = bool(os.environ.get("DOORS_DEBUG"))
for _name in ("MAILERS", "EMAIL_BACKEND", "EMAIL_FILE_PATH"):
    globals().pop(_name, None)
_door = "tenancy.boundaries.email.TenantEmailBackend"
if django.VERSION >= (6, 1):
    ADMINS: list[object] = [_operator]
    _options = {"file_path": os.environ["DOORS_MAIL"]}
    MAILERS = {"default": {"BACKEND": _door, "OPTIONS": _options}}
else:
    ADMINS = [("Operator", _operator)]
    EMAIL_BACKEND = _door
    EMAIL_FILE_PATH = os.environ["DOORS_MAIL"]
TENANCY = {
    **_base.TENANCY,
    "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
}
LOGGING = logs.logging_config(level="DEBUG", operator_mail=True)
if not os.environ.get("DOORS_OFF"):
    DEFAULT_EXCEPTION_REPORTER = "tenancy.boundaries.errors.ScrubbedReporter"
    DEFAULT_EXCEPTION_REPORTER_FILTER = "tenancy.boundaries.errors.ScrubbedFilter"


def main() -> None:
    """Serve, and say at which port."""
    logs.configure()
    django.setup()
    with ExitStack() as stack:
        if os.environ.get("DOORS_OFF"):
            from tenancy.testing.off_errors import error_details_shown  # noqa: PLC0415 -- as said

            stack.enter_context(error_details_shown())
        server: WSGIServer = make_server("127.0.0.1", 0, WSGIHandler())
        print(server.server_port, flush=True)  # noqa: T201 -- the test reads it
        server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
