"""Trees that should be there and are not: told by streams, by witnesses, by earlier verifications.

An emptied table leaves nothing to verify, and so nothing wrong; what should be there has to be
known from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import psycopg

from audit import conf
from audit.core.findings import Finding, Kind
from audit.core.tree_check import TreeReport
from audit.verifying import rows as store
from audit.witness.client import FileWitness
from audit.witnesses import configured

__all__ = ["find_missing"]


def find_missing(
    connection: psycopg.Connection[Any],
    trees: Iterable[TreeReport],
    *,
    stream: str,
    known: Iterable[str],
) -> Iterator[Finding]:
    """Findings about trees that are not in the database; `known` are origins from earlier.

    Raises:
        WitnessUnreachableError: a witness did not answer.
    """
    there = {report.tree.origin for report in trees}
    if not there:
        yield _finding(stream, "there is no tree at all")
    for name, incarnation in store.orphans(connection):
        if stream in {"", name}:
            yield _finding(name, f"leaves of incarnation {incarnation} have no tree")
    names = [stream] if stream else store.stream_names(connection)
    for origin, who in _expected(names, known):
        name = _stream_of(origin)
        if origin not in there and stream in {"", name}:
            yield _finding(name, f"{who} knows {origin}")


def _expected(names: Iterable[str], known: Iterable[str]) -> Iterator[tuple[str, str]]:
    settings = conf.audit()
    for origin in known:
        yield origin, "an earlier verification"
    first = [f"{settings.origin}/audit/{name}" for name in names]
    for witness in configured(settings):
        asked = set(first)
        if isinstance(witness, FileWitness):
            asked |= set(witness.store.origins())
        for origin in sorted(asked):
            if witness.known(origin) is not None:
                yield origin, witness.name


def _stream_of(origin: str) -> str:
    _host, _audit, rest = origin.partition("/audit/")
    return rest.partition("/")[0]


def _finding(stream: str, text: str) -> Finding:
    return Finding(kind=Kind.TREE_MISSING, stream=stream, incarnation=0, index=None, text=text)
