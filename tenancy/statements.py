"""Loads the `.sql` files of this package and of the project's registry functions, once."""

from __future__ import annotations

import functools
from importlib import resources

from psycopg import sql

from tenancy.exceptions import ConfigurationError

__all__ = ["load", "load_from"]

_CURRENT = "v1"


@functools.cache
def load(name: str) -> sql.SQL:
    """The statement in `tenancy/sql/<current version>/<name>.sql`."""
    return load_from(f"tenancy:sql/{_CURRENT}/{name}.sql")


@functools.cache
def load_from(place: str) -> sql.SQL:
    """The statement in a file named as `package:path/in/package.sql`.

    Raises:
        ConfigurationError: the place has another form, or there is no such file.
    """
    package, separator, path = place.partition(":")
    if not separator or not path.endswith(".sql"):
        message = f"{place!r} names no SQL file. Needed: 'package:path/file.sql'."
        raise ConfigurationError(message)
    try:
        text = resources.files(package).joinpath(path).read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError) as error:
        message = f"{place!r} cannot be read."
        raise ConfigurationError(message) from error
    # Shipped with the code and reviewed with it, hence as trusted as a literal in the code.
    return sql.SQL(text)
