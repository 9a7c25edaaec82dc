"""The `AUDIT` setting as one frozen dataclass; the only reader of Django settings here.

Every default is the safe one. An unknown key, a missing one or a wrong type raises
`ConfigurationError`, which the system checks report as `audit.E001`.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from audit.exceptions import ConfigurationError

__all__ = ["AuditSettings", "audit", "database"]

_KEY_BYTES = 32
_COLLECTIONS = (list, tuple, set, frozenset)


@dataclass(frozen=True, kw_only=True)
class AuditSettings:
    """`settings.AUDIT`, checked. Limits carry their unit in their name.

    Attributes:
        origin: the host that the log's origins begin with, as in `crm.example/audit/…`.
        master_keys: by version, 32 or more bytes each (base64 in the setting); they wrap the
            streams' keys and give the log's logins their passwords.
        current_master_key: the version that new keys are wrapped under; the newest if 0.
        signing_keys: files with the sequencer's private keys (C2SP signed-note), the first signs.
        verifier_keys: public keys that signed earlier; all, where the private ones are not here.
        witness_file: the file witness's memory; outside the database and its backups.
        witness_key: file with that witness's private key.
        witness_urls: `<verifier key> <url>` of each HTTP witness.
        owner: USER and PASSWORD of the database's owner, for `audit_setup` only.
        superuser_url: for pg_stat_statements, which only a superuser can install.
        stream: the stream of a project without tenants.
        role: dotted name of a function that says a request's user's role; it must not query.
        subjects: models whose rows are looked up by person (`app.Model`).
        retention_months: how long events stay; never under 6 (Marco Civil, art. 15).
        flush_events, flush_seconds: how much a long unit of work holds back at most.
    """

    origin: str
    master_keys: Mapping[int, bytes] = field(repr=False)
    current_master_key: int = 0
    signing_keys: tuple[str, ...] = ()
    verifier_keys: tuple[str, ...] = ()
    witness_file: str = ""
    witness_key: str = ""
    witness_urls: tuple[str, ...] = ()
    database: str = "default"
    owner: Mapping[str, str] = field(default_factory=dict, repr=False)
    superuser_url: str = field(default="", repr=False)
    stream: str = "default"
    role: str = ""
    subjects: tuple[str, ...] = ()
    retention_months: int = 13
    flush_events: int = 500
    flush_seconds: float = 1.0
    refusal_seconds: float = 10.0

    @property
    def current_key(self) -> int:
        """The version of the master key that is used for what is new."""
        return self.current_master_key or max(self.master_keys)


@functools.cache
def audit() -> AuditSettings:
    """The checked settings.

    Raises:
        ConfigurationError: a key is unknown, missing or of the wrong type.
    """
    given = getattr(settings, "AUDIT", None)
    if not isinstance(given, Mapping):
        message = "the AUDIT setting is missing. Needed: a dict with ORIGIN and MASTER_KEYS."
        raise ConfigurationError(message)
    values = {_field_name(key): value for key, value in given.items()}
    if not values.get("origin"):
        message = "AUDIT['ORIGIN'] is missing. Needed: the host that names this log."
        raise ConfigurationError(message)
    values["master_keys"] = _master_keys(values.get("master_keys"))
    for each in dataclasses.fields(AuditSettings):
        if each.name in values and each.name != "master_keys":
            values[each.name] = _checked(each, values[each.name])
    found = AuditSettings(**values)
    if found.current_key not in found.master_keys:
        message = f"AUDIT['CURRENT_MASTER_KEY'] is {found.current_key}. Needed: a known version."
        raise ConfigurationError(message)
    return found


def database() -> Mapping[str, Any]:
    """Django's settings of the database that has the log: NAME, HOST, PORT and the rest."""
    found: Mapping[str, Any] = settings.DATABASES[audit().database]
    return found


def _field_name(key: object) -> str:
    known = {each.name for each in dataclasses.fields(AuditSettings)}
    name = str(key).lower()
    if str(key) != name.upper() or name not in known:
        message = f"AUDIT has an unknown key {key!r}. Known: {sorted(n.upper() for n in known)}."
        raise ConfigurationError(message)
    return name


def _checked(each: dataclasses.Field[Any], value: object) -> Any:
    kind, name = str(each.type), each.name.upper()
    if kind.startswith("tuple"):
        if isinstance(value, _COLLECTIONS) and all(isinstance(v, str | Path) for v in value):
            return tuple(map(str, value))
        raise _wrong(name, value, "a list of texts")
    if kind == "str" and isinstance(value, str | Path):
        return str(value)
    if kind.startswith("Mapping") and isinstance(value, Mapping):
        return MappingProxyType({str(key).lower(): str(text) for key, text in value.items()})
    if kind in {"int", "float"} and isinstance(value, int if kind == "int" else int | float):
        if not isinstance(value, bool) and value >= 0:
            return value
        raise _wrong(name, value, "a number, not negative")
    raise _wrong(name, value, kind)


def _wrong(name: str, value: object, needed: str) -> ConfigurationError:
    # The type, not the value: some have passwords in them.
    found = value if isinstance(value, int | float) else type(value).__name__
    message = f"AUDIT[{name!r}] cannot be used. Found: {found}. Needed: {needed}."
    return ConfigurationError(message)


def _master_keys(given: object) -> Mapping[int, bytes]:
    if not isinstance(given, Mapping) or not given:
        message = "AUDIT['MASTER_KEYS'] is missing. Needed: {1: '<base64 of 32 random bytes>'}."
        raise ConfigurationError(message)
    try:
        keys = {
            int(version): base64.b64decode(key, validate=True) for version, key in given.items()
        }
    except (TypeError, ValueError, binascii.Error) as error:
        message = "AUDIT['MASTER_KEYS'] cannot be read. Needed: versions to base64 text."
        raise ConfigurationError(message) from error
    if short := [version for version, key in keys.items() if len(key) < _KEY_BYTES]:
        message = f"AUDIT['MASTER_KEYS'] {short} are short. Needed: {_KEY_BYTES} bytes at least."
        raise ConfigurationError(message)
    return MappingProxyType(keys)


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in {"AUDIT", "DATABASES"}:
        audit.cache_clear()


setting_changed.connect(_forget, dispatch_uid="audit.conf")
