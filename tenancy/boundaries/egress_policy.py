"""Who may be called: `TENANCY["PROCESSORS"]` as frozen values, and the answer for one address.

Holds: an unknown key, host, port, scheme or purpose is refused; the purpose `training` may send
nothing outside and cannot be given to a processor.
Does not hold: that a processor does with the data what its contract says.
Turn it on: name each processor in `TENANCY["PROCESSORS"]`; the clients are made by `egress`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from tenancy import conf
from tenancy.exceptions import ConfigurationError
from tenancy.scopes import Tenant

__all__ = ["TRAINING", "Host", "Processor", "processors"]

TRAINING = "training"
_PORTS = {"http": 80, "https": 443}
_OPTIONS = {"credentials": str, "tenants": str, "ca_file": str, "private": bool}
_KEYS = {"hosts", "purposes", "redirects", *_OPTIONS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """One place that may be called: a name or `*.suffix`, with its scheme and port."""

    scheme: str
    name: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Host:
        """`name`, `name:port`, `*.suffix` or `scheme://name:port`; https unless it says http.

        Raises:
            ValueError: it is none of these.
        """
        parts = urlsplit(text if "://" in text else f"https://{text}")
        name = (parts.hostname or "").lower()
        plain = name.removeprefix("*.")
        rest = parts.path or parts.query or parts.fragment or parts.username
        if parts.scheme not in _PORTS or not plain or "*" in plain or rest:
            message = f"{text!r} is no host"
            raise ValueError(message)
        return cls(scheme=parts.scheme, name=name, port=parts.port or _PORTS[parts.scheme])

    def covers(self, scheme: str, name: str, port: int | None) -> bool:
        """Whether a URL with these parts is this host."""
        if scheme != self.scheme or (port or _PORTS[self.scheme]) != self.port:
            return False
        if self.name.startswith("*."):
            return name.lower().endswith(self.name[1:])
        return name.lower() == self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Processor:
    """One sub-processor: where it is, what for, and whose keys it is called with."""

    key: str
    hosts: tuple[Host, ...]
    purposes: frozenset[str]
    redirects: tuple[Host, ...] = ()
    credentials: str = ""
    tenants: str = ""
    private: bool = False
    ca_file: str = ""

    def serves(self, tenant: Tenant) -> bool:
        """Whether it is enabled for a tenant; for all of them unless a function says otherwise."""
        return not self.tenants or _function(self.tenants)(tenant) is True

    def headers_for(self, tenant: Tenant) -> dict[str, str]:
        """The tenant's own credentials as headers, names in lower case."""
        if not self.credentials:
            return {}
        return {name.lower(): value for name, value in _function(self.credentials)(tenant).items()}


@functools.cache
def processors() -> Mapping[str, Processor]:
    """The processors by key.

    Raises:
        ConfigurationError: one cannot be understood.
    """
    return {key: _parsed(key, given) for key, given in conf.tenancy().processors.items()}


def _parsed(key: str, given: object) -> Processor:
    if not isinstance(given, Mapping):
        raise _wrong(key, "it is not a dict")
    if unknown := set(given) - _KEYS:
        raise _wrong(key, f"unknown keys {sorted(map(str, unknown))}")
    purposes = _texts(key, given, "purposes")
    if not purposes or TRAINING in purposes:
        raise _wrong(key, "'purposes' must name some, and training sends nothing outside")
    hosts = _hosts(key, given, "hosts")
    if not hosts:
        raise _wrong(key, "'hosts' is empty")
    return Processor(
        key=key,
        hosts=hosts,
        purposes=frozenset(purposes),
        redirects=_hosts(key, given, "redirects"),
        **_options(key, given),
    )


def _options(key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind in (
        ("credentials", str),
        ("tenants", str),
        ("ca_file", str),
        ("private", bool),
    ):
        if name in given:
            if not isinstance(given[name], kind):
                raise _wrong(key, f"{name!r} must be {kind.__name__}")
            found[name] = given[name]
    return found


def _texts(key: str, given: Mapping[str, Any], name: str) -> list[str]:
    value = given.get(name, ())
    if not isinstance(value, list | tuple | set | frozenset) or not all(
        isinstance(item, str) for item in value
    ):
        raise _wrong(key, f"{name!r} must be a list of texts")
    return list(value)


def _hosts(key: str, given: Mapping[str, Any], name: str) -> tuple[Host, ...]:
    try:
        return tuple(Host.parse(text) for text in _texts(key, given, name))
    except ValueError as error:
        raise _wrong(key, f"{name!r}: {error}") from error


def _wrong(key: object, problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"TENANCY['PROCESSORS'][{key!r}] cannot be used: {problem}. Known: {sorted(_KEYS)}."
    )


def _function(path: str) -> Callable[[Tenant], Any]:
    found: Callable[[Tenant], Any] = import_string(path)
    return found


def _forget(*, setting: str, **kwargs: object) -> None:
    if setting == "TENANCY":
        processors.cache_clear()


setting_changed.connect(_forget, dispatch_uid="tenancy.boundaries.egress_policy")
