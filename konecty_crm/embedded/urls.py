"""Addresses of databases on a unix socket, as libpq URLs."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlencode

from konecty_crm.embedded.location import PORT

__all__ = ["libpq_url"]


def libpq_url(
    sockets: Path, database: str, *, user: str | None = None, password: str | None = None
) -> str:
    """`postgresql://[user:password@]/database?host=<directory>&port=<port>`, percent-encoded."""
    login = "" if user is None else quote(user, safe="")
    if user is not None and password is not None:
        login += ":" + quote(password, safe="")
    place = urlencode({"host": str(sockets), "port": PORT}, safe="/", quote_via=quote)
    return f"postgresql://{login}{'@' if login else ''}/{quote(database, safe='')}?{place}"
