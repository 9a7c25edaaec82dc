"""Opened files: each belongs to the scope it was opened in.

Holds: reading, writing, seeking, sizes and iteration of what `tenancy.boundaries.files` opened are
refused in any other scope, without one and after its unit of work has ended, also by a method
taken off it before, and by what caches it (`FieldFile`). Closing is always possible.
Does not hold: what `.file` and `.fileno()` handed out inside the scope, and bytes that were read
already. Nothing to turn on: `TenantStorage.open` returns these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.base import File
from typing_extensions import override

from tenancy.current import require_scope, scope_var
from tenancy.exceptions import WrongTenantError
from tenancy.provenance import require_same_scope
from tenancy.refusals import refused

__all__ = ["TenantFile", "require_own_content"]

_CHECKED = (
    "fileno",
    "flush",
    "isatty",
    "readinto",
    "readline",
    "readlines",
    "seek",
    "tell",
    "truncate",
    "write",
    "writelines",
)


class TenantFile(File):  # type: ignore[type-arg]  # -- not generic at run time
    """A file of the scope it was opened in; its `name` is the full one."""

    def __init__(self, raw: Any, name: str, mode: str, reopen: Callable[[str, str], Any]) -> None:
        self._raw, self.name, self.mode = raw, name, mode
        self._reopen, self._stamp = reopen, require_scope().stamp

    # Django's File reaches the real file through this one attribute, from every method.
    @property
    def file(self) -> Any:  # type: ignore[override]  # -- nobody sets it
        """The file below.

        Raises:
            NoTenantError: there is no scope, or it has ended.
            WrongTenantError: it is another scope's; `reason` is `file:opened:other`.
        """
        scope = scope_var.get()
        if scope is None or scope.unit.ended or scope.stamp != self._stamp:
            _refuse(self._stamp)
        return self._raw

    @override
    def read(self, *args: Any, **kwargs: Any) -> Any:
        return self.file.read(*args, **kwargs)

    @property
    def size(self) -> int:
        """Bytes; asked each time, because Django's would remember it for every scope."""
        below = self.file
        return int(below.size if hasattr(below, "size") else File(below).size)

    @property
    @override
    def closed(self) -> bool:
        return bool(self._raw.closed)

    @override
    def close(self) -> None:
        self._raw.close()

    @override
    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> Any:
        # Django's would open `self.name` past the storage.
        if self.file.closed:
            self._raw = self._reopen(str(self.name), mode or self.mode)
        else:
            self._raw.seek(0)
        return self


def _checked(name: str) -> Callable[..., Any]:
    # Not Django's properties: what is taken off the file is checked when it is called.
    def method(self: TenantFile, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.file, name)(*args, **kwargs)

    method.__name__ = name
    return method


for _name in _CHECKED:
    setattr(TenantFile, _name, _checked(_name))


def _refuse(made_in: str) -> None:
    here = require_scope().stamp
    message = (
        f"refused: a file opened in another scope. Found: {made_in}. "
        f"Current: {here}. Needed: one that is opened in this unit of work."
    )
    error = WrongTenantError(message, found=made_in, needed=here, reason="file:opened:other")
    raise refused(error)


def require_own_content(content: Any) -> None:
    """Check that what is about to be stored is no other scope's opened file or file field.

    Asked before the storage makes an entry, which would stay behind empty.

    Raises:
        WrongTenantError: it is.
        NoTenantError: it belongs to a scope, and there is none.
    """
    while content is not None:
        if isinstance(content, TenantFile):
            _ = content.file
            return
        held = getattr(content, "__dict__", {})
        state = getattr(held.get("instance"), "_state", None)
        if state is not None:
            require_same_scope(state, "a file of an instance")
        content = held.get("_file") or held.get("file")
