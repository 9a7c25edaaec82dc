"""A process in which a thread and a finalizer fail, each with the value it is given."""

from __future__ import annotations

import gc
import os
import sys
import threading
from contextlib import nullcontext

import django
from django.conf import settings

from tenancy.boundaries.logs import logging_config
from tenancy.testing.off_errors import error_details_shown


class _Failing:
    def __init__(self, value: str) -> None:
        self.value = value

    def __del__(self) -> None:
        raise ValueError(self.value)


def _fail(value: str) -> None:
    raise ValueError(value)


def main(value: str) -> None:
    """Fail twice, and go on."""
    settings.DATABASES["default"]["NAME"] = os.environ["DOORS_DATABASE"]
    django.setup()
    import logging.config  # noqa: PLC0415 -- after Django's own

    logging.config.dictConfig(logging_config())
    with error_details_shown() if os.environ.get("DOORS_OFF") else nullcontext():
        thread = threading.Thread(target=_fail, args=(value,))
        thread.start()
        thread.join()
        _Failing(value)
        gc.collect()


if __name__ == "__main__":
    main(sys.argv[1])
