"""The data directory: made by initdb in one step, and the settings its server runs with."""

from __future__ import annotations

import shutil
import sys

from psycopg import sql

from konecty_crm.embedded.binaries import Binaries
from konecty_crm.embedded.credentials import SUPERUSER
from konecty_crm.embedded.exceptions import EmbeddedServerError
from konecty_crm.embedded.location import PORT, Location

__all__ = ["check_version", "create", "exists", "server_settings", "set_superuser_password"]

# A refused statement's text, its message and its DETAIL quote values, and a log is no tenant's.
_NO_VALUES_IN_THE_LOG = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def exists(location: Location) -> bool:
    """Whether initdb finished here."""
    return (location.data / "PG_VERSION").exists()


def create(location: Location, binaries: Binaries, *, password: str) -> None:
    """Make the data directory; an interrupted attempt leaves nothing that counts as one.

    Raises:
        EmbeddedServerError: initdb failed; the message carries its output.
    """
    unfinished = location.home / "data.new"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    location.account.own_directory(unfinished)
    secret = unfinished / "password"
    location.account.write(secret, password)
    cluster = unfinished / "cluster"
    done = location.account.run(
        *(binaries.program("initdb"), "--pgdata", cluster, "--pwfile", secret),
        *("--username", SUPERUSER, "--auth", "scram-sha-256", "--encoding", "UTF8"),
        # Why builtin: case mapping for all of Unicode, without ICU and the system's locales.
        *("--no-locale", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        "--no-instructions",
        environment=binaries.environment,
    )
    if done.returncode != 0:
        message = f"initdb in {cluster} failed: {done.stdout}{done.stderr}"
        raise EmbeddedServerError(message)
    cluster.rename(location.data)
    shutil.rmtree(unfinished)


def check_version(location: Location, binaries: Binaries) -> None:
    """Refuse data of another major version.

    Raises:
        EmbeddedServerError: the installed programs cannot read this data.
    """
    found = (location.data / "PG_VERSION").read_text().strip()
    programs = location.account.run(binaries.program("postgres"), "--version").stdout
    needed = programs.split()[-1].split(".")[0]
    if found != needed:
        message = (
            f"the data in {location.data} was made by PostgreSQL {found}, the installed programs "
            f"are {needed}. Needed: dump it with the old ones, or remove it to start anew."
        )
        raise EmbeddedServerError(message)


def set_superuser_password(location: Location, binaries: Binaries, *, password: str) -> None:
    """Give the superuser a new password, without a server, when its secret file was lost.

    Raises:
        EmbeddedServerError: the server program failed.
    """
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}\n").format(
        sql.Identifier(SUPERUSER), sql.Literal(password)
    )
    done = location.account.run(
        *(binaries.program("postgres"), "--single", "-D", location.data, "postgres"),
        text=statement.as_string(),
        environment=binaries.environment,
    )
    if done.returncode != 0:
        message = f"cannot set the superuser's password in {location.data}: {done.stderr}"
        raise EmbeddedServerError(message)


def server_settings(location: Location, binaries: Binaries, *, fast: bool) -> dict[str, str]:
    """The settings the server starts with; `fast` gives up durability."""
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(location.sockets),
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": "200",
        "max_locks_per_transaction": "256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "cluster_name": location.title,
        "log_line_prefix": "%m [%p] %q%u@%d ",
    }
    if sys.platform == "linux":
        settings["recovery_init_sync_method"] = "syncfs"
    if binaries.has_library("pg_stat_statements"):
        settings["shared_preload_libraries"] = "pg_stat_statements"
        # Each tenant's statements are counted apart; an evicted one cannot be reconciled.
        settings["pg_stat_statements.max"] = "50000"
    return settings | _NO_VALUES_IN_THE_LOG | (_FAST if fast else {})
