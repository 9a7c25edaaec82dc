"""Names of stored files: whose they are, and that a name is nothing more than a name.

Holds: a full name is `tenants/<opaque id of its scope>/<relative>`; a relative one means the
current scope's own. Refused are a full one of another scope, what could climb out (`..`, absolute,
backslash, control characters, empty parts, also percent-encoded or as a look-alike of Unicode) and
every use without a tenant's or the platform's scope. Does not hold: Windows' own kinds of path;
where names are followed on a disk, `require_inside` looks as well. Nothing to turn on:
`tenancy.boundaries.files` uses it.
"""

from __future__ import annotations

import functools
import os
import re
import unicodedata
from typing import Any

from tenancy.current import require_scope
from tenancy.exceptions import IsolationError, NoTenantError, WrongTenantError
from tenancy.keys import opaque_id
from tenancy.refusals import refused
from tenancy.scopes import ScopeKind

__all__ = ["PREFIX", "own_name", "own_root", "require_clean", "require_inside"]

PREFIX = "tenants"
_PART = r"(?!\.{1,2}(?:/|\Z))[^/\\\x00-\x1f\x7f]+"
_CLEAN = re.compile(rf"{_PART}(?:/{_PART})*")
_ENCODED = re.compile(r"%(?:25)*(?:2e|2f|5c|00)", re.IGNORECASE)
_FULL = re.compile(rf"{PREFIX}/[a-z2-7]{{20}}(?:/|\Z)")


def own_root() -> str:
    """The folder of the current scope: `tenants/<opaque id>`.

    Raises:
        NoTenantError: there is no scope, it has ended, or it is the owner's, which has no files.
    """
    scope = require_scope()
    if scope.kind is ScopeKind.OWNER:
        message = (
            f"refused: a stored file. Found: {scope.stamp}, which has none. "
            "Needed: tenant_scope(tenant) or platform_scope()."
        )
        raise refused(NoTenantError(message, reason="file:owner:refused"))
    return _root(scope.unit.number, scope.stamp)


# By unit, because what a stamp's id is depends on the database, and a unit has one.
@functools.lru_cache(maxsize=1_024)
def _root(unit_number: int, stamp: str) -> str:
    return f"{PREFIX}/{opaque_id(stamp)}"


def own_name(name: str | os.PathLike[str]) -> str:
    """The full name of the current scope's file, from its relative or its full name.

    Raises:
        NoTenantError: as `own_root`.
        WrongTenantError: it is another scope's full name; `reason` is `file:name:other`.
        IsolationError: it is not a clean name; `reason` is `file:name:refused`.
    """
    root = own_root()
    text = require_clean(name)
    if not text.startswith(PREFIX):
        return f"{root}/{text}"
    if text.startswith(f"{root}/"):
        return text
    if text != PREFIX and not text.startswith(f"{PREFIX}/"):
        return f"{root}/{text}"
    if not _FULL.match(text) or text == root:
        raise refused(_unclean(f"a name in {PREFIX}/ that is no file of a scope"))
    found, needed = text.split("/")[1], root.split("/")[1]
    message = (
        f"refused: a stored file of another scope. Found: {PREFIX}/{found}. Needed: {root}, or a "
        "name relative to it."
    )
    raise refused(WrongTenantError(message, found=found, needed=needed, reason="file:name:other"))


def require_clean(name: str | os.PathLike[str]) -> str:
    """The name as text, if it is one path of plain parts below where it is used.

    Raises:
        IsolationError: it is not; `reason` is `file:name:refused`.
    """
    text = name if type(name) is str else _text(name)
    if not _CLEAN.fullmatch(text) or ("%" in text and _ENCODED.search(text)):
        raise refused(_unclean("a path that could lead elsewhere"))
    if not text.isascii() and not _CLEAN.fullmatch(unicodedata.normalize("NFKC", text)):
        raise refused(_unclean("a name that is a path once it is normalised"))
    return text


def require_inside(inner: Any, full: str) -> None:
    """Check that what a full name leads to, links followed, lies in the scope's own folder.

    Limit: for storages that have paths on this machine; somebody with a login on it can put a
    link in place between this check and the use.

    Raises:
        WrongTenantError: a link leads out; `reason` is `file:path:other`.
    """
    _, own, _ = f"{full}/".split("/", 2)
    root = os.path.join(os.path.realpath(inner.path(PREFIX)), own)  # noqa: PTH118 -- texts, as Django's
    real = os.path.realpath(inner.path(full))
    if real != root and not real.startswith(root + os.sep):
        message = (
            f"refused: a stored file. Found: a link that leads out of {PREFIX}/{own}. "
            "Needed: files that lie where their names say."
        )
        raise refused(WrongTenantError(message, needed=own, reason="file:path:other"))


def _text(name: object) -> str:
    text = os.fspath(name) if isinstance(name, os.PathLike) else name
    if not isinstance(text, str):
        raise refused(_unclean(f"a {type(text).__name__}"))
    return str(text)


def _unclean(found: str) -> IsolationError:
    # Not the name itself: it may be somebody's text, and logs are read by others.
    message = f"refused: the name of a stored file. Found: {found}. Needed: plain parts and `/`."
    return IsolationError(message, reason="file:name:refused")
