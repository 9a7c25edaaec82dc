"""Writes a part of a tree as a bundle that proves itself (`audit.core.bundle_check`).

It can be stopped and started again: what is complete in the target stays, and is gone on with. A
stream's bundle holds nothing of another stream's.
"""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg

from audit.core.bundle_check import FORMAT
from audit.core.entries import parse_entry
from audit.core.merkle import subtrees
from audit.exceptions import AuditError
from audit.export.csv_rows import csv_lines
from audit.export.ocsf import ocsf_line
from audit.receipts import newest_note
from audit.trees import hash_reader
from audit.verifying.rows import Place, indexes, places, rows

__all__ = ["FORMATS", "Part", "find_part", "write_bundle"]

FORMATS = ("ndjson", "csv", "ocsf")
_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class Part:
    """Entries of one tree, from an index up to another, under a checkpoint of `size` entries."""

    place: Place
    begin: int
    end: int
    size: int
    note: bytes


def find_part(
    connection: psycopg.Connection[Any],
    stream: str,
    *,
    incarnation: int | None = None,
    begin: int | None = None,
    end: int | None = None,
) -> Part:
    """What is asked for: of the stream's newest tree, everything under its newest checkpoint.

    Raises:
        AuditError: there is no such tree, none that is signed, or not such entries.
    """
    trees = [each for each in places(connection) if each.tree.stream == stream]
    wanted = [each for each in trees if incarnation in {None, each.tree.incarnation}]
    if not wanted:
        message = f"nothing to export: there is no tree of the stream {stream!r}."
        raise AuditError(message)
    place = wanted[-1]
    size, note = newest_note(connection, place.stream, place.tree.incarnation)
    first = indexes(connection, place)[0] or 0
    part = Part(
        place=place,
        begin=first if begin is None else begin,
        end=size if end is None else end,
        size=size,
        note=note,
    )
    if not first <= part.begin <= part.end <= size:
        message = f"nothing to export: there are the entries {first} to {size}."
        raise AuditError(message)
    return part


def write_bundle(
    connection: psycopg.Connection[Any],
    part: Part,
    out: Path,
    *,
    form: str = "ndjson",
    progress: Callable[[int], None] = lambda count: None,
) -> Path:
    """Write the part to the directory `out`, or to the archive if its name ends in `.zip`.

    Args:
        connection: the reviewer's, in a transaction.
        part: as `find_part` gave it.
        out: where to; an archive is put together from `<name>.parts` beside it.
        form: `csv` and `ocsf` add a file for people and for other systems.
        progress: called with numbers of entries that were written.

    Raises:
        AuditError: `out` has another part's files.
    """
    place = out.with_suffix(".parts") if out.suffix == ".zip" else out
    place.mkdir(parents=True, exist_ok=True)
    _entries(connection, part, place, progress)
    if form != "ndjson":
        _formatted(part, place, form)
    outside = _outside(connection, part)
    (place / "outside.json").write_text(json.dumps(outside), encoding="utf-8")
    (place / "checkpoint").write_bytes(part.note)
    _manifest(part, place)
    return _zipped(place, out) if out.suffix == ".zip" else place


def _entries(
    connection: psycopg.Connection[Any], part: Part, place: Path, progress: Callable[[int], None]
) -> None:
    path = place / "entries.ndjson"
    done = _complete(path, part)
    progress(done - part.begin)
    with (
        path.open("ab") as file,
        contextlib.closing(rows(connection, part.place, done, part.end)) as found,
    ):
        for row in found:
            if row.entry is None:
                message = f"not exported: the entry {row.index} is gone. Needed: audit_verify."
                raise AuditError(message)
            line = {"entry": row.entry.decode(), "index": row.index}
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            progress(1)


def _complete(path: Path, part: Part) -> int:
    """The index to go on with; a line that was cut is taken away."""
    if not path.exists():
        return part.begin
    whole, index = 0, part.begin
    with path.open("rb+") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            if json.loads(line)["index"] != index or index >= part.end:
                message = f"{path} has other entries. Needed: an empty place, or the same part."
                raise AuditError(message)
            whole, index = whole + len(line), index + 1
        file.truncate(whole)
    return index


def _formatted(part: Part, place: Path, form: str) -> None:
    name = {"csv": "entries.csv", "ocsf": "entries.ocsf.ndjson"}[form]
    parsed = ((index, parse_entry(raw)) for index, raw in _written(place))
    with (place / name).open("w", encoding="utf-8", newline="") as file:
        if form == "csv":
            file.writelines(csv_lines(parsed))
        else:
            origin = part.place.tree.origin
            file.writelines(ocsf_line(entry, index=i, origin=origin) for i, entry in parsed)


def _written(place: Path) -> Iterator[tuple[int, bytes]]:
    with (place / "entries.ndjson").open("rb") as file:
        for line in file:
            given = json.loads(line)
            yield given["index"], given["entry"].encode()


def _outside(connection: psycopg.Connection[Any], part: Part) -> dict[str, list[str]]:
    tree = part.place.tree
    read = hash_reader(connection, part.place.stream, tree.incarnation, part.size)
    return {
        "before": [each.hex() for each in read(subtrees(0, part.begin))],
        "after": [each.hex() for each in read(subtrees(part.end, part.size))],
    }


def _manifest(part: Part, place: Path) -> None:
    path = place / "manifest.json"
    path.unlink(missing_ok=True)
    tree = part.place.tree
    manifest = {
        "format": FORMAT,
        "stream": tree.stream,
        "incarnation": tree.incarnation,
        "origin": tree.origin,
        "from": part.begin,
        "to": part.end,
        "size": part.size,
        "files": {each.name: _digest(each) for each in sorted(place.iterdir())},
    }
    path.write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _zipped(place: Path, out: Path) -> Path:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(place.iterdir()):
            archive.write(each, each.name)
    for each in place.iterdir():
        each.unlink()
    place.rmdir()
    return out
