"""Making a tenant: by its migrations, as production does, and by replaying a schema's template."""

from __future__ import annotations

import json

from tests.benchmarks.measure import compared
from tests.benchmarks.report import publish
from tests.benchmarks.server import own_server
from tests.benchmarks.stack import run_module, variant_environment

__all__ = ["main"]


def main(effort: float) -> None:
    """Measure and publish."""
    rounds = max(3, round(15 * effort))
    with own_server() as server:
        environment = variant_environment("tenancy", server, as_owner=True)
        taken = json.loads(run_module("provision", environment, str(rounds)))
    migrated, replayed = taken["migrations"], taken["template"]
    rows = [
        compared("by migrations", migrated, unit="ms"),
        compared("by template", replayed, unit="ms", to={"migrations": migrated}),
    ]
    publish("provision", rows, note="row, domain, schema, tables, login, grants, registry")
