"""Files: opening, reading and saving through the door, beside Django's own storage and S3."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from tenancy.boundaries.files import TenantStorage
from tenancy.context import tenant_scope
from tenancy.scopes import Tenant
from tests.benchmarks.measure import Round, Rounds, compared, take_turns
from tests.benchmarks.report import publish
from tests.doors.files.buckets import bucket_storage, new_bucket, s3_server

__all__ = ["main"]

_BYTES = 10_000
_OPENS, _SAVES, _OBJECTS = 300, 50, 10
_AT_MOST = 1.05
_NAME = "docs/plan.txt"


def main(effort: float) -> None:
    """Measure and publish."""
    if not settings.configured:
        settings.configure(DATABASES={"default": {"NAME": "bench_files"}}, USE_TZ=True)
    with tempfile.TemporaryDirectory() as folder, tenant_scope(Tenant(schema_name="tbench")):
        disk = _pair(
            FileSystemStorage(location=f"{folder}/plain"),
            TenantStorage(
                BACKEND="django.core.files.storage.FileSystemStorage",
                OPTIONS={"location": f"{folder}/ours"},
            ),
        )
        opens = take_turns(_opens(disk, _OPENS), rounds=_rounds(100, effort), label="open")
        saves = take_turns(_saves(disk), rounds=_rounds(40, effort), label="save")
        with s3_server() as address:
            new_bucket(address, "bench")
            ours = bucket_storage(address, "bench")
            objects = _opens(_pair(ours.inner, ours), _OBJECTS)
            s3 = take_turns(objects, rounds=_rounds(20, effort), label="open, S3")
    rows = [
        *_rows("file system: open, read 10 kB, close", opens, {"plain": _AT_MOST}),
        *_rows("file system: save 10 kB", saves, {}),
        *_rows("S3: open, read 10 kB, close", s3, {}, unit="ms"),
    ]
    publish("files", rows, note="S3 is moto's server on this machine, in a process of its own")


def _rounds(usual: int, effort: float) -> int:
    return max(3, round(usual * effort))


def _pair(plain: Any, ours: Any) -> dict[str, tuple[Any, str]]:
    # Names of the same length, so that both walk as many folders.
    content = b"x" * _BYTES
    kept = ours.save(_NAME, ContentFile(content))
    beside = plain.save(kept.replace("tenants/", "beside_/"), ContentFile(content))
    return {"plain": (plain, beside), "ours": (ours, _NAME)}


def _opens(pair: dict[str, tuple[Any, str]], count: int) -> dict[str, Callable[[], Round]]:
    def opened(storage: Any, name: str) -> None:
        with storage.open(name) as file:
            file.read()

    return {
        who: lambda storage=storage, name=name: _timed(lambda: opened(storage, name), count)  # type: ignore[misc]  # -- bound early
        for who, (storage, name) in pair.items()
    }


def _saves(pair: dict[str, tuple[Any, str]]) -> dict[str, Callable[[], Round]]:
    content, numbers = ContentFile(b"x" * _BYTES), itertools.count()

    def saved(storage: Any, folder: str) -> None:
        storage.save(f"{folder}/{next(numbers)}.txt", content)

    return {
        who: lambda storage=storage, name=name: _timed(  # type: ignore[misc]  # -- bound early
            lambda: saved(storage, name.rpartition("/")[0]), _SAVES
        )
        for who, (storage, name) in pair.items()
    }


def _rows(
    name: str, taken: dict[str, Rounds], at_most: dict[str, float], *, unit: str = "µs"
) -> list[Any]:
    plain, ours = taken["plain"], taken["ours"]
    return [
        compared(name, ours, unit=unit, to={"plain": plain}, at_most=at_most),
        compared(f"{name}, without the door", plain, unit=unit),
    ]


def _timed(work: Callable[[], object], count: int) -> Round:
    samples = []
    for _ in range(count):
        started = time.perf_counter_ns()
        work()
        samples.append(time.perf_counter_ns() - started)
    return samples
