"""`manage.py tenant_worker`: works on the task queues of all tenants, each in units of its own."""

from __future__ import annotations

import logging
import signal
import time
from argparse import ArgumentParser
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import get_random_string
from typing_extensions import override

from tenancy.boundaries.periodic import active_tenants
from tenancy.context import fresh_units
from tenancy.scopes import ScopeKind, Tenant

__all__ = ["Command"]

_ID_LENGTH = 32
_TELLS_ROUNDS = 2
_STOPS = (signal.SIGINT, signal.SIGTERM)


class Command(BaseCommand):
    """One task of one tenant at a time, the tenants in turn, so that no queue starves another.

    The queue is `django_tasks_db`'s table in the tenant's own schema, read as the tenant's login.
    """

    scope_kind: ClassVar[ScopeKind] = ScopeKind.TENANT
    help = "Run the tasks of all tenants (django_tasks_db in TENANT_APPS), each in its own unit."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between rounds")
        parser.add_argument("--batch", action="store_true", help="end when all queues are empty")
        parser.add_argument("--backend", default="default", help="the alias in TASKS")
        parser.add_argument("--queue-name", default="*", help="queues, separated by commas")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        self.running = True
        if options["verbosity"] < _TELLS_ROUNDS:
            # It would tell of a worker's start and end for every tenant in every round.
            logging.getLogger("django_tasks_db").setLevel(logging.WARNING)
        self.worker_id = get_random_string(_ID_LENGTH)
        before = {number: signal.signal(number, self._stop) for number in _STOPS}
        try:
            self._work(options)
        finally:
            # Called by code, it must not keep that from being stopped.
            for number, handler in before.items():
                signal.signal(number, handler)

    def _work(self, options: dict[str, Any]) -> None:
        while self.running:
            busy = [tenant for tenant in active_tenants() if self._ran_one(tenant, options)]
            if options["batch"] and not busy:
                return
            if not busy and self.running:
                time.sleep(options["interval"])

    def _stop(self, number: int, frame: object) -> None:
        self.running = False

    def _ran_one(self, tenant: Tenant, options: dict[str, Any]) -> bool:
        ran: list[int] = []
        if self.running:
            fresh_units([tenant]).run(lambda _tenant: ran.append(self._run_one(options)))
        return sum(ran) > 0

    def _run_one(self, options: dict[str, Any]) -> int:
        try:
            from django_tasks_db.management.commands.db_worker import (  # noqa: PLC0415 -- only where installed
                Worker,
            )
        except ImportError as error:
            message = "tenant_worker works on django_tasks_db, which is not installed."
            raise CommandError(message) from error
        worker = Worker(
            queue_names=options["queue_name"].split(","),
            interval=0,
            batch=True,
            backend_name=options["backend"],
            startup_delay=False,
            max_tasks=1,
            worker_id=self.worker_id,
            excluded_queue_names=[],
        )
        worker.run()
        return int(worker._run_tasks)  # noqa: SLF001 -- it says it nowhere else
