"""System checks of management commands: what says nothing of its scope, and what undoes it."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from tenancy.boundaries.commands import PlatformCommand, TenantCommand

__all__ = ["check_commands", "check_deployed_commands"]

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_KEPT: dict[type[BaseCommand], tuple[str, ...]] = {
    TenantCommand: ("handle", "execute"),
    PlatformCommand: ("execute",),
}

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy")
def check_commands(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """No other app has put a command of its own in the place of one of tenancy's."""
    found = get_commands()
    return [
        checks.Error(
            f"the command {name!r} is {_app(found[name])}'s: it does not run in the scope that "
            "tenancy's runs in.",
            hint="Put 'tenancy' before that app, or derive the command from tenancy's.",
            id="tenancy.E091",
        )
        for name in _own()
        if not _is_tenancys(name, found[name])
    ]


@checks.register("tenancy", deploy=True)
def check_deployed_commands(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Every command of the project says whose it is, and leaves to the base class what is its.

    Limit: imports the project's commands; those of installed packages are not looked at, because
    whatever needs the database is refused in them without a scope.
    """
    found: list[checks.CheckMessage] = []
    silent: list[str] = []
    for name, command in _projects():
        found.extend(_undone(name, command))
        if not hasattr(command, "scope_kind"):
            silent.append(name)
    if silent:
        found.append(
            checks.Warning(
                f"commands that do not say whose they are: {', '.join(silent)}.",
                hint="Derive them from TenantCommand or PlatformCommand (tenancy.boundaries."
                "commands); or set scope_kind: the kind of scope they open, None for no database.",
                id="tenancy.W090",
            )
        )
    return found


def _undone(name: str, command: type[BaseCommand]) -> _Found:
    bases = [base for base in _KEPT if issubclass(command, base)]
    undone = [f"replaces {method}()" for base in bases for method in _replaced(command, base)]
    if len(bases) > 1:
        undone.append("is a tenant's and the platform's at once")
    if bases == [TenantCommand] and command.handle_tenant is TenantCommand.handle_tenant:  # type: ignore[attr-defined]  # -- it is one
        undone.append("has no handle_tenant()")
    if undone:
        yield checks.Error(
            f"the command {name!r} {' and '.join(undone)}: it does not run in the scope it says.",
            hint="One base class; the work in handle_tenant() (TenantCommand) or handle() "
            "(PlatformCommand).",
            id="tenancy.E090",
        )


def _replaced(command: type[BaseCommand], base: type[BaseCommand]) -> list[str]:
    return [name for name in _KEPT[base] if getattr(command, name) is not getattr(base, name)]


def _projects() -> Iterator[tuple[str, type[BaseCommand]]]:
    for name, app in sorted(get_commands().items()):
        if _is_projects(_app(app)):
            yield name, _class_of(app, name)


def _is_projects(app: str) -> bool:
    if app == "tenancy":
        return False
    paths = [config.path for config in apps.get_app_configs() if config.name == app]
    return any(not _INSTALLED & set(Path(path).parts) for path in paths)


def _own() -> list[str]:
    folder = Path(apps.get_app_config("tenancy").path, "management", "commands")
    return [module.name for module in pkgutil.iter_modules([str(folder)])]


def _is_tenancys(name: str, app: str | BaseCommand) -> bool:
    if app == "tenancy":
        return True
    return issubclass(_class_of(app, name), type(load_command_class("tenancy", name)))


def _class_of(app: str | BaseCommand, name: str) -> type[BaseCommand]:
    return type(app if isinstance(app, BaseCommand) else load_command_class(app, name))


def _app(app: str | BaseCommand) -> str:
    return app if isinstance(app, str) else type(app).__module__
