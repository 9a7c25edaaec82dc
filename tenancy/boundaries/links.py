"""Links to files: for one user of one tenant, for a few minutes, always a download.

Holds: a link is sealed for its scope, its user and its end (`TENANCY["LINK_SECONDS"]`). Forged,
expired, another tenant's, another user's and a missing file are one answer: same status, body and
headers. What is sent can be neither rendered nor cached: attachment, `nosniff`, sandbox, no-store.
Does not hold: its user can use a link again until it expires, and keep what was sent; a link shows
the file's name to who has it. Turn on: `path("", include("tenancy.boundaries.links_urls"))` where
tenants are served, behind `TenantMiddleware` and Django's authentication.
"""

from __future__ import annotations

import json
import posixpath
from typing import Any, Protocol, runtime_checkable

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import InvalidStorageError, storages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotFound,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from tenancy import conf
from tenancy.boundaries.files_names import own_root
from tenancy.boundaries.links_parts import Part, content_of, wanted_part
from tenancy.current import require_scope
from tenancy.exceptions import ConfigurationError, IsolationError
from tenancy.keys import Purpose, seal, unseal
from tenancy.provenance import require_same_scope
from tenancy.refusals import refused

__all__ = ["URL_NAME", "download", "link_for_actor", "link_to"]

URL_NAME = "tenancy-file"
_LONGEST_FILENAME = 150
_NOT_FOUND = "<!doctype html><title>Not Found</title><h1>Not Found</h1>"
_ALWAYS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


_NOT_THERE = (
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    ConfigurationError,
    InvalidStorageError,
)


@runtime_checkable
class _ScopedStorage(Protocol):
    def own_name(self, name: str) -> str: ...


def link_to(
    name: str,
    user: Any,
    *,
    lasts_seconds: float | None = None,
    filename: str = "",
    alias: str = "default",
) -> str:
    """A link to a stored file for a logged-in user of the current scope.

    Args:
        name: the file's name, relative or full.
        user: an instance of the user model.
        lasts_seconds: how long it works; `TENANCY["LINK_SECONDS"]` if None.
        filename: what the browser saves it as; the stored one if empty. Whatever could not be in
            a file's name is left out.
        alias: the storage's alias in STORAGES.

    Raises:
        NoTenantError: there is no scope.
        WrongTenantError: the user or the name is another scope's.
        IsolationError: nobody is logged in; `reason` is `file:actor:refused`.
        ConfigurationError: the storage of that alias has no scopes.
    """
    if not getattr(user, "is_authenticated", False) or getattr(user, "pk", None) is None:
        raise refused(_nobody("nobody who is logged in"))
    require_same_scope(user._state, "a user")
    return _link(
        _scoped(alias),
        alias,
        name,
        actor=f"user:{user.pk}",
        lasts_seconds=lasts_seconds,
        filename=filename,
    )


def link_for_actor(storage: Any, name: str) -> str:
    """A link for whoever is at work in this unit: what `TenantStorage.url` returns.

    Raises:
        IsolationError: it is no user, or nobody has asked for `request.user` yet.
        ConfigurationError: the storage is not in STORAGES.
    """
    actor = require_scope().unit.actor
    if not actor.startswith("user:"):
        raise refused(_nobody(actor or "nobody known"))
    # Those that were made already: asking for each alias would make the others.
    made: dict[str, Any] = vars(storages)["_storages"]
    alias = next((key for key, found in made.items() if found is storage), None)
    if alias is None:
        message = "a storage that is not in STORAGES has no links. Needed: an alias there."
        raise ConfigurationError(message)
    return _link(storage, alias, name, actor=actor, lasts_seconds=None, filename="")


@login_not_required
@require_safe
def download(request: HttpRequest, link: str) -> HttpResponseBase:
    """The file a link leads to, as an attachment; 404 for everything that is not right with it.

    A `Range` of one part is answered with that part (RFC 9110, section 14).
    """
    user = getattr(request, "user", None)
    try:
        if user is None or not user.is_authenticated:
            raise refused(_nobody("nobody who is logged in"))
        storage, name, filename = _opened_link(link, f"user:{user.pk}")
        file = storage.open(name)
    # The refusal was announced where it was raised; the one who asks learns nothing from it.
    except (IsolationError, *_NOT_THERE):
        return HttpResponseNotFound(_NOT_FOUND, headers=_ALWAYS)
    return _response(request, file, filename)


def _response(request: HttpRequest, file: Any, filename: str) -> HttpResponseBase:
    size = int(file.size)
    part = wanted_part(request.headers.get("Range", ""), size)
    if part is None:
        file.close()
        headers = {**_ALWAYS, "Content-Range": f"bytes */{size}"}
        return HttpResponse(status=416, headers=headers)
    if "If-Range" in request.headers:
        # Nothing that was sent has a validator, so what is asked for may be of another file.
        part = Part.whole(size)
    headers = {
        **_ALWAYS,
        "Accept-Ranges": "bytes",
        "Content-Disposition": content_disposition_header(True, filename) or "attachment",  # noqa: FBT003 -- Django's signature
        "Content-Length": str(part.length),
        "Content-Type": "application/octet-stream",
    }
    if part.is_partial:
        headers["Content-Range"] = f"bytes {part.start}-{part.end}/{size}"
    return _sent(request, file, part, headers)


def _sent(
    request: HttpRequest, file: Any, part: Part, headers: dict[str, str]
) -> HttpResponseBase:
    status = 206 if part.is_partial else 200
    response: Any
    if request.method == "HEAD":
        response = HttpResponse(status=status, headers=headers)
    else:
        content = content_of(file, part, request)
        response = StreamingHttpResponse(content, status=status, headers=headers)
    response._resource_closers.append(file.close)
    sent: HttpResponseBase = response
    return sent


def _link(  # noqa: PLR0913 -- all that a link says
    storage: _ScopedStorage,
    alias: str,
    name: str,
    *,
    actor: str,
    lasts_seconds: float | None,
    filename: str,
) -> str:
    lasts = conf.tenancy().link_seconds if lasts_seconds is None else lasts_seconds
    if lasts <= 0:
        message = f"a link lasts longer than {lasts} seconds"
        raise ValueError(message)
    relative = storage.own_name(name).split("/", 2)[2]
    shown = _plain(filename) or _plain(posixpath.basename(relative)) or "file"
    payload = json.dumps([alias, relative, shown], ensure_ascii=False).encode()
    sealed = seal(Purpose.LINK, payload, context=actor.encode(), lasts_seconds=lasts)
    return reverse(URL_NAME, args=[sealed])


def _opened_link(link: str, actor: str) -> tuple[Any, str, str]:
    alias, relative, filename = json.loads(unseal(Purpose.LINK, link, context=actor.encode()))
    return _scoped(alias), f"{own_root()}/{relative}", filename


def _scoped(alias: str) -> Any:
    storage = storages[alias]
    if not isinstance(storage, _ScopedStorage):
        message = (
            f"STORAGES[{alias!r}] has no links: its files belong to no scope. "
            "Needed: tenancy.boundaries.files.TenantStorage around it."
        )
        raise ConfigurationError(message)
    return storage


def _plain(filename: str) -> str:
    # No control or format characters (line ends, right-to-left overrides) and no folders.
    text = "".join(char for char in filename if char.isprintable())
    text = posixpath.basename(text.replace("\\", "/")).strip(" .")
    stem, ending = posixpath.splitext(text)
    return stem[: _LONGEST_FILENAME - len(ending)] + ending[:_LONGEST_FILENAME]


def _nobody(found: str) -> IsolationError:
    message = (
        f"refused: a link to a file for {found}. Needed: a user who is logged in; ask for "
        "request.user before the link is made, or use link_to(name, user)."
    )
    return IsolationError(message, reason="file:actor:refused")
