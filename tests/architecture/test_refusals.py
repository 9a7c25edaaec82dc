"""Every refusal is announced: `raise refused(…)`, so that a record of them can be complete."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tenancy import exceptions
from tenancy.exceptions import IsolationError

TENANCY = Path(exceptions.__file__).parent
# Without Django, and so without signals: what these raise is announced by who calls them.
WITHOUT_SIGNALS = {"guard", "logins"}
# Judged inside `TenantConnection.admit`, which announces whatever it lets through as an error.
INSIDE_ADMIT = {
    ("backend/statement_text.py", "text_of"),
    ("backend/cursors.py", "_require_assumptions"),
}
REFUSALS = {
    name
    for name, kind in vars(exceptions).items()
    if isinstance(kind, type) and issubclass(kind, IsolationError)
}
FILES = [
    file
    for file in sorted(TENANCY.rglob("*.py"))
    if file.relative_to(TENANCY).parts[0] not in WITHOUT_SIGNALS
]


def unannounced(source: str) -> list[str]:
    """The functions of a module in which a refusal is raised and nobody is told."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            found += [
                function.name
                for node in ast.walk(function)
                if isinstance(node, ast.Raise)
                and isinstance(node.exc, ast.Call)
                and isinstance(node.exc.func, ast.Name)
                and node.exc.func.id in REFUSALS
            ]
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(TENANCY)))
def test_refusal_is_announced(file: Path) -> None:
    where = str(file.relative_to(TENANCY))
    known = {name for path, name in INSIDE_ADMIT if path == where}

    assert set(unannounced(file.read_text())) == known


def test_refusal_that_nobody_is_told_of_is_seen() -> None:
    quiet = "def f():\n    raise WrongTenantError('x')\n"
    told = "def f():\n    raise refused(WrongTenantError('x'))\n"

    assert (unannounced(quiet), unannounced(told)) == (["f"], [])
