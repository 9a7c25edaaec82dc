"""System checks of outgoing HTTP: what cannot be understood, and what goes past the door."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from tenancy import conf
from tenancy.boundaries import tripwire

__all__ = ["check_deployed_egress", "check_egress", "importers_of_clients"]

_CLIENTS = frozenset(
    {"aiohttp", "boto3", "google.genai", "http.client", "httpx", "openai", "requests", "urllib3"}
    | {"urllib.request", "websockets"}
)

_REASON = re.compile(r"# egress: \S")

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy")
def check_egress(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is wrong in every environment."""
    try:
        settings = conf.tenancy()
    except ImproperlyConfigured:
        return []
    found = [*_tripwire(settings), *_imports()]
    if settings.processors:
        found.extend(_processors())
    return found


@checks.register("tenancy", deploy=True)
def check_deployed_egress(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is acceptable on a developer's machine only."""
    try:
        settings = conf.tenancy()
    except ImproperlyConfigured:
        return []
    return [*_plain(), *_unwatched(settings)] if settings.processors else []


def importers_of_clients(root: Path) -> list[tuple[Path, str]]:
    """The Python files under `root` that import an HTTP client, each with the module; sorted.

    A line with a comment `# egress: <reason>` is let through. Limit: reads import statements;
    `importlib` and what a dependency imports are not seen.
    """
    return sorted({(path, name) for path in root.rglob("*.py") for name in _imported(path)})


def _imported(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.stmt) and _REASON.search(lines[node.lineno - 1]):
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            yield from (known for known in _CLIENTS if f"{name}.".startswith(f"{known}."))


def _imports() -> _Found:
    for config in apps.get_app_configs():
        root = Path(config.path)
        if config.name == "tenancy" or "site-packages" in root.parts:
            continue
        for path, name in importers_of_clients(root):
            if "tests" in path.relative_to(root).parts:
                continue
            yield checks.Warning(
                f"{config.name}: {path.relative_to(root)} imports {name}, which asks nobody.",
                hint="Use tenancy.boundaries.egress.client(processor, purpose), or say why not in "
                "a comment on that line: # egress: <reason>.",
                id="tenancy.W075",
            )


def _processors() -> _Found:
    missing = [name for name in ("httpx", "certifi") if importlib.util.find_spec(name) is None]
    if missing:
        yield _error(
            "E077", f"PROCESSORS is set, but {missing} cannot be imported.", "Install it."
        )
        return
    from tenancy.boundaries.egress_policy import processors  # noqa: PLC0415 -- only where used

    try:
        known = processors()
    except ImproperlyConfigured as error:
        yield _error("E075", str(error), "Write it as in docs/how-to-egress.md.")
        return
    for processor in known.values():
        for path in filter(None, (processor.credentials, processor.tenants)):
            try:
                import_string(path)
            except ImportError as error:
                yield _error(
                    "E075",
                    f"TENANCY['PROCESSORS'][{processor.key!r}]: {error}",
                    "Needed: the dotted path of a function that takes a tenant.",
                )


def _tripwire(settings: conf.TenancySettings) -> _Found:
    if settings.egress_tripwire not in tripwire.MODES:
        yield _error(
            "E076",
            f"TENANCY['EGRESS_TRIPWIRE'] is {settings.egress_tripwire!r}.",
            f"Needed: one of {tripwire.MODES}.",
        )
    for text in settings.egress_allowed:
        host, _, port = text.rpartition(":")
        if not host or not port.isdecimal():
            yield _error(
                "E076", f"TENANCY['EGRESS_ALLOWED'] has {text!r}.", "Needed: 'host:port'."
            )


def _plain() -> _Found:
    from tenancy.boundaries.egress_policy import processors  # noqa: PLC0415 -- only where used

    try:
        known = processors()
    except ImproperlyConfigured:
        return
    for processor in known.values():
        hosts = (*processor.hosts, *processor.redirects)
        if any(host.scheme == "http" for host in hosts) and not processor.private:
            yield _error(
                "E078",
                f"TENANCY['PROCESSORS'][{processor.key!r}] is called without TLS.",
                "Name its hosts without 'http://'.",
            )


def _unwatched(settings: conf.TenancySettings) -> _Found:
    if not settings.egress_tripwire:
        yield _error(
            "E079",
            "TENANCY['EGRESS_TRIPWIRE'] is empty: a library of its own sockets is not noticed.",
            "Set it to 'process', or to 'scopes' if the process calls out for itself.",
        )


def _error(number: str, message: str, hint: str) -> checks.CheckMessage:
    return checks.Error(message, hint=hint, id=f"tenancy.{number}")
