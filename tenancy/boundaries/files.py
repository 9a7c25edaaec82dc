"""Files: one storage around any other, in which each scope has a folder of its own.

Holds: files are stored as `tenants/<opaque id>/<name>`; no method reads, writes, lists, names or
deletes another scope's, whatever name it is given, and without a scope none does anything. A file
opened in one scope is refused in the next. `url()` is a short-lived link for one user
(`tenancy.boundaries.links`). Does not hold: what uses a `path()`, the bucket or the inner storage
past this one; two scopes' quotas; files of a deleted customer stay. Turn on:
STORAGES["default"] = {"BACKEND": "tenancy.boundaries.files.TenantStorage", "OPTIONS": {"BACKEND":
"django.core.files.storage.FileSystemStorage", "OPTIONS": {...}}}; see docs/how-to-files.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.core.files.storage import FileSystemStorage, Storage
from django.utils.deconstruct import deconstructible
from django.utils.module_loading import import_string
from typing_extensions import override

from tenancy.boundaries.files_beneath import opened_beneath
from tenancy.boundaries.files_names import (
    own_name,
    own_root,
    require_clean,
    require_inside,
)
from tenancy.boundaries.files_opened import TenantFile, require_own_content
from tenancy.boundaries.links import link_for_actor

__all__ = ["TenantStorage"]


@deconstructible(path="tenancy.boundaries.files.TenantStorage")
class TenantStorage(Storage):
    """Django's storage interface on the current scope's own files.

    Names may be relative or, as `save` returns them, full. Making one, also from a migration,
    needs no scope. Attributes of the inner storage are not passed through.

    Args:
        BACKEND: the dotted path of the inner storage's class.
        OPTIONS: its arguments.

    Raises (every method that is given a file's name):
        NoTenantError: there is no scope, it has ended, or it is the owner's.
        WrongTenantError: the name or what it leads to is another scope's.
        IsolationError: the name could lead elsewhere (`..`, absolute, encoded).
    """

    def __init__(self, BACKEND: str, OPTIONS: Mapping[str, Any] | None = None) -> None:  # noqa: N803 -- as in STORAGES
        self._inner: Any = import_string(BACKEND)(**(OPTIONS or {}))
        kind: Any = type(self._inner)
        self._has_paths = kind.path is not Storage.path
        self._is_plain = all(
            getattr(kind, name, None) is getattr(FileSystemStorage, name)
            for name in ("open", "_open", "path")
        )

    @property
    def inner(self) -> Any:
        """The inner storage, which knows nothing of scopes: for checks and set-up only."""
        return self._inner

    def own_name(self, name: str) -> str:
        """The full name of a file of the current scope."""
        return own_name(name)

    @override
    def open(self, name: str, mode: str = "rb") -> TenantFile:
        full = own_name(name)
        return TenantFile(self._opened(full, mode), full, mode, self._opened)

    @override
    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        full = self._placed(content.name if name is None else name)
        require_own_content(content)
        return own_name(self._inner.save(full, content, max_length=max_length))

    @override
    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        return bool(self._inner.is_name_available(self._placed(name), max_length=max_length))

    @override
    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return own_name(self._inner.get_available_name(self._placed(name), max_length=max_length))

    @override
    def get_valid_name(self, name: str) -> str:
        return str(self._inner.get_valid_name(name))

    @override
    def get_alternative_name(self, file_root: str, file_ext: str) -> str:
        return str(self._inner.get_alternative_name(file_root, file_ext))

    @override
    def generate_filename(self, filename: str | os.PathLike[str]) -> str:
        return require_clean(self._inner.generate_filename(require_clean(filename)))

    @override
    def path(self, name: str) -> str:
        """Where the file lies on this machine; whoever opens it there does so past this door."""
        return str(self._inner.path(self._placed(name)))

    @override
    def delete(self, name: str) -> None:
        self._inner.delete(self._placed(name))

    @override
    def exists(self, name: str) -> bool:
        return bool(self._inner.exists(self._placed(name)))

    @override
    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Folders and files; of the scope's own folder if `path` is empty."""
        if path:
            listed = self._inner.listdir(self._placed(str(path).removesuffix("/")))
        else:
            listed = self._own_folder()
        return list(listed[0]), list(listed[1])

    @override
    def size(self, name: str) -> int:
        return int(self._inner.size(self._placed(name)))

    @override
    def url(self, name: str | None) -> str:
        """A link that works for the user at work and for `TENANCY["LINK_SECONDS"]` only.

        Raises:
            IsolationError: nobody known is at work; `reason` is `file:actor:refused`.
        """
        return link_for_actor(self, own_name("" if name is None else name))

    @override
    def get_accessed_time(self, name: str) -> datetime:
        return self._time(self._inner.get_accessed_time, name)

    @override
    def get_created_time(self, name: str) -> datetime:
        return self._time(self._inner.get_created_time, name)

    @override
    def get_modified_time(self, name: str) -> datetime:
        return self._time(self._inner.get_modified_time, name)

    def _time(self, read: Callable[[str], datetime], name: str) -> datetime:
        return read(self._placed(name))

    def _placed(self, name: str) -> str:
        full = own_name(name)
        if self._has_paths:
            require_inside(self._inner, full)
        return full

    def _own_folder(self) -> tuple[list[str], list[str]]:
        root = own_root()
        if self._has_paths:
            require_inside(self._inner, root)
            if not self._inner.exists(root):
                return [], []
        found: tuple[list[str], list[str]] = self._inner.listdir(root)
        return found

    def _opened(self, full: str, mode: str) -> Any:
        raw = None
        if self._is_plain and mode == "rb":
            raw = opened_beneath(self._inner.location, full)
        if raw is None:
            if self._has_paths:
                require_inside(self._inner, full)
            raw = self._inner.open(full, mode)
        return raw
