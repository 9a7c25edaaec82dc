"""Run in a process of its own: nanoseconds per event of the log's steps, as JSON by name.

Arguments: rounds, events of the sequencer's and the verifier's round.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import django
import psycopg

__all__ = ["main"]

_PLAIN = "INSERT INTO shop_tag (label) SELECT left(encode(e, 'escape'), 50) FROM unnest(%s) e"
_APPEND = "SELECT audit.append(%s)"
_COMMITS = 20


def main(rounds: int, many: int) -> None:
    """Print the samples."""
    django.setup()
    found: dict[str, list[int]] = {}
    for _ in range(rounds):
        for name, take in _writing().items():
            found.setdefault(name, []).append(take())
    found |= _sequencing(many)
    sys.stdout.write(json.dumps(found))


def _writing() -> dict[str, Callable[[], int]]:
    steps: dict[str, Callable[[], int]] = {}
    for writers in (1, 8):
        for batch in (1, 10):
            for kind, query in (("insert", _PLAIN), ("append", _APPEND)):
                name = f"{kind}, {writers} writers, {batch} a commit"
                steps[name] = _step(query, writers, batch)
    return steps


def _step(query: str, writers: int, batch: int) -> Callable[[], int]:
    def take() -> int:
        connections = [_connection() for _ in range(writers)]
        raw = [_event(number) for number in range(batch)]
        threads = [
            threading.Thread(target=_commits, args=(each, query, raw)) for each in connections
        ]
        started = time.perf_counter_ns()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.perf_counter_ns() - started
        for each in connections:
            each.close()
        return elapsed // (writers * batch * _COMMITS)

    return take


def _commits(connection: psycopg.Connection[Any], query: Any, raw: list[bytes]) -> None:
    for _ in range(_COMMITS):
        connection.execute(query, [raw])


def _sequencing(many: int) -> dict[str, list[int]]:
    from audit import conf  # noqa: PLC0415 -- after setup
    from audit.connect import connect  # noqa: PLC0415 -- as above
    from audit.core.merkle import Frontier, leaf_hash  # noqa: PLC0415 -- as above
    from audit.roles import Role  # noqa: PLC0415 -- as above
    from audit.sequencing.rounds import Sequencer  # noqa: PLC0415 -- as above
    from audit.signing_keys import load_keys  # noqa: PLC0415 -- as above
    from audit.verifying.verify import verify  # noqa: PLC0415 -- as above

    settings = conf.audit()
    with connect(Role.SEQUENCER) as connection, _connection() as writer:
        sequencer = Sequencer(connection, keys=load_keys(settings), origin=settings.origin)
        while sequencer.round().events:
            pass
        for _ in range(many // 500):
            writer.execute(_APPEND, [[_event(number) for number in range(500)]])
        sequenced = _timed(sequencer.round) // many
    entry = _event(1) * 2
    hashed = _timed(lambda: [sha256(b"\0" + entry).digest() for _ in range(many)]) // many
    tree = _timed(lambda: Frontier().extend(leaf_hash(entry) for _ in range(many))) // many
    total = sum(each.entries for each in verify().trees)
    verified = _timed(verify) // total
    return {
        "sequenced": [sequenced],
        "SHA-256 of an entry": [hashed],
        "leaf and tree of an entry": [tree],
        "verified": [verified],
    }


def _timed(work: Callable[[], object]) -> int:
    started = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - started


def _event(number: int) -> bytes:
    from audit.core.entries import format_event  # noqa: PLC0415 -- after setup
    from tests.unit.audit.test_ocsf import make_event  # noqa: PLC0415 -- as above

    return format_event(make_event(n=number + 1, key=1, lane=f"{number:016x}"))


def _connection() -> psycopg.Connection[Any]:
    from tenancy import conf  # noqa: PLC0415 -- after setup
    from tenancy.logins.names import tenant_login  # noqa: PLC0415 -- as above
    from tenancy.registry import resolve  # noqa: PLC0415 -- as above

    tenant, database = resolve("host0.test"), conf.database()
    name = str(database["NAME"])
    login = tenant_login(name, tenant.schema_name if tenant else "")
    return psycopg.connect(
        dbname=name,
        host=database["HOST"],
        port=database["PORT"] or None,
        user=login,
        password=conf.tenancy().master_keys.password(database=name, login=login),
        autocommit=True,
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
