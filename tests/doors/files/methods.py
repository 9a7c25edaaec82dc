"""What each public method of a storage does with a name, and how one sees that it reached it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage

Use = Callable[[Any, str], Any]


@dataclass(frozen=True)
class Method:
    """`use(storage, name)`, and `reached(result, name, storage, secret)` without scopes."""

    use: Use
    reached: Callable[[Any, str, Any, bytes], bool]
    needs_path: bool = False


def read(storage: Any, name: Any) -> bytes:
    with storage.open(name) as file:
        return bytes(file.read())


def _overwrite(storage: Any, name: str) -> bytes:
    with storage.open(name, "wb") as file:
        file.write(b"spoiled")
    return b"spoiled"


def _folder(name: str) -> str:
    return name.rpartition("/")[0] or "."


def _is_time(result: Any, name: str, storage: Any, secret: bytes) -> bool:
    return isinstance(result, dt.datetime)


ON_NAMES = {
    "delete": Method(lambda s, n: s.delete(n), lambda r, n, s, c: not s.exists(n)),
    "exists": Method(lambda s, n: s.exists(n), lambda r, n, s, c: r is True),
    "get_accessed_time": Method(lambda s, n: s.get_accessed_time(n), _is_time),
    "get_available_name": Method(
        lambda s, n: s.get_available_name(n), lambda r, n, s, c: r.startswith(_folder(n))
    ),
    "get_created_time": Method(lambda s, n: s.get_created_time(n), _is_time),
    "get_modified_time": Method(lambda s, n: s.get_modified_time(n), _is_time),
    "is_name_available": Method(
        lambda s, n: s.is_name_available(n), lambda r, n, s, c: r is False
    ),
    "listdir": Method(
        lambda s, n: s.listdir(_folder(n)), lambda r, n, s, c: r == ([], ["plan.txt"])
    ),
    "open": Method(read, lambda r, n, s, c: r == c),
    "open for writing": Method(_overwrite, lambda r, n, s, c: read(s, n).startswith(r)),
    "path": Method(lambda s, n: s.path(n), lambda r, n, s, c: r.endswith(n), needs_path=True),
    "save": Method(
        lambda s, n: s.save(n, ContentFile(b"planted")),
        lambda r, n, s, c: read(s, r) == b"planted" and _folder(r) == _folder(n),
    ),
    "size": Method(lambda s, n: s.size(n), lambda r, n, s, c: r == len(c)),
    "url": Method(lambda s, n: s.url(n), lambda r, n, s, c: n in r),
}
OF_TEXT = {
    "generate_filename": lambda storage: storage.generate_filename("docs/a b.txt"),
    "get_alternative_name": lambda storage: storage.get_alternative_name("docs/a", ".txt")[:7],
    "get_valid_name": lambda storage: storage.get_valid_name("a b.txt"),
}
# Where FileSystemStorage keeps its files and how; not said by the wrapper.
NOT_PASSED = {
    "OS_OPEN_FLAGS",
    "base_location",
    "base_url",
    "directory_permissions_mode",
    "file_permissions_mode",
    "location",
}
OUR_OWN = {"deconstruct", "inner", "own_name"}


def public(cls: type[Storage]) -> set[str]:
    """The public names of a class, in the Django that is installed."""
    return {name for name in dir(cls) if not name.startswith("_")}


def of_django() -> set[str]:
    return public(Storage) | public(FileSystemStorage)
