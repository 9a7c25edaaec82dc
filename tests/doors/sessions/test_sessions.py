"""A session of one tenant at another, in every engine of Django's, sync and async."""

from __future__ import annotations

import asyncio
import base64
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.file import SessionStore as FileStore
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.http import HttpResponse
from django.test import Client, override_settings

from tenancy.boundaries import sessions
from tenancy.exceptions import NoTenantError
from tenancy.scopes import Tenant
from tenancy.testing.scopes import as_tenant
from tests.conftest import owner_rows
from tests.doors.sessions.conftest import (
    HOSTS,
    OneHostClient,
    Sides,
    both_ways,
    off_and_on,
    signing,
)
from tests.doors.sessions.people import PK

DJANGOS = "django.contrib.sessions.backends"
ENGINES = ("db", "cache", "cached_db", "file", "signed_cookies")
SHARED = ("cache", "cached_db", "file", "signed_cookies")
OURS = sessions.__name__
pytestmark = pytest.mark.filterwarnings("ignore:Session data corrupted")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, project: Any, tmp_path: Path) -> str:
    """One of Django's engines, on a store that all tenants share where it can be shared."""
    project.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": str(tmp_path),
        }
    }
    project.SESSION_FILE_PATH = str(tmp_path)
    for store in (FileStore, sessions.engine_class(f"{DJANGOS}.file")):
        if "_storage_path" in vars(store):
            del store._storage_path
    return str(request.param)


def use(project: Any, engine: str, *, door: bool) -> None:
    project.SESSION_ENGINE = OURS if door else f"{DJANGOS}.{engine}"
    project.TENANCY = {**project.TENANCY, "SESSION_ENGINE": f"{DJANGOS}.{engine}"}


def logged_in(tenant: Tenant, host: str) -> Client:
    client = Client()
    with as_tenant(tenant):
        client.force_login(get_user_model()._default_manager.get(pk=PK))
    client.get("/note/?note=ours", headers={"host": host})
    return client


def who(client: Client, host: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/who/", headers={"host": host}).json()
    return found


def cookie_of(client: Client) -> str:
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


NOBODY = {"user": None, "note": None}
SOMEBODY = {"user": PK, "note": "ours"}


@pytest.mark.attack
@both_ways
@off_and_on
def test_session_of_one_tenant_at_the_other(  # noqa: PLR0913 -- fixtures and cases
    engine: str,
    sides: Sides,
    project: Any,
    announced: list[str],
    way: tuple[int, int],
    *,
    door: bool,
) -> None:
    use(project, engine, door=door)
    # Signatures are another door; this one holds without it.
    with signing(door=False):
        client = logged_in(sides[way[0]], HOSTS[way[0]])
        cookie = cookie_of(client)
        found = who(client, HOSTS[way[1]])
        client.cookies[django_settings.SESSION_COOKIE_NAME] = cookie
        at_home = who(client, HOSTS[way[0]])

    # Rows are the tenant's own; what tenants share is open without the door.
    crosses = engine in SHARED and not door
    assert found == (SOMEBODY if crosses else NOBODY)
    assert at_home == SOMEBODY
    assert announced == ([] if not door else [_reason(engine)])


def _reason(engine: str) -> str:
    return "seal:value:refused" if engine == "signed_cookies" else "session:key:refused"


@pytest.mark.attack
@both_ways
@off_and_on
@pytest.mark.parametrize("engine", ["db", "cached_db", "file", "cache"], indirect=True)
def test_session_planted_under_a_key_of_the_other_tenant(  # noqa: PLR0913 -- fixtures and cases
    engine: str,
    sides: Sides,
    project: Any,
    announced: list[str],
    way: tuple[int, int],
    *,
    door: bool,
) -> None:
    use(project, engine, door=door)
    with signing(door=False):
        theirs = cookie_of(logged_in(sides[way[0]], HOSTS[way[0]]))
        visitor = Client()
        visitor.get("/note/?note=own", headers={"host": HOSTS[way[1]]})
        ours = cookie_of(visitor)
        _plant(engine, sides[way[0]], theirs, sides[way[1]], ours)

        found = who(visitor, HOSTS[way[1]])

    assert found == (NOBODY if door else SOMEBODY)
    assert announced == (["seal:value:refused"] if door else [])


def _plant(engine: str, made_in: Tenant, key: str, planted_in: Tenant, other: str) -> None:
    if engine == "file":
        folder, name = Path(django_settings.SESSION_FILE_PATH), django_settings.SESSION_COOKIE_NAME
        (folder / f"{name}{other}").write_bytes((folder / f"{name}{key}").read_bytes())
        return
    if engine in {"cache", "cached_db"}:
        prefix = import_module(f"{DJANGOS}.{engine}").KEY_PREFIX
        caches["default"].set(prefix + other, caches["default"].get(prefix + key))
    if engine in {"db", "cached_db"}:
        with as_tenant(made_in):
            data = Session.objects.get(pk=key).session_data
        with as_tenant(planted_in):
            Session.objects.filter(pk=other).update(session_data=data)


@pytest.mark.attack
@both_ways
def test_foreign_session_is_answered_as_one_that_never_was(
    engine: str, sides: Sides, project: Any, way: tuple[int, int]
) -> None:
    use(project, engine, door=True)
    foreign = cookie_of(logged_in(sides[way[0]], HOSTS[way[0]]))
    random = "0123456789abcdefghijklmnopqrstuv"

    answers = [_answer(cookie, HOSTS[way[1]]) for cookie in (foreign, random)]

    assert answers[0] == answers[1]


def _answer(cookie: str, host: str) -> tuple[Any, ...]:
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = cookie
    response: HttpResponse = client.get("/who/", headers={"host": host})
    return response.status_code, response.content, sorted(response.items()), response.cookies


@both_ways
@off_and_on
@pytest.mark.attack
def test_session_of_one_tenant_at_the_other_async(
    engine: str,
    sides: Sides,
    project: Any,
    way: tuple[int, int],
    *,
    door: bool,
) -> None:
    use(project, engine, door=door)

    async def found(cookie: str, host: str) -> dict[str, Any]:
        client = OneHostClient()
        client.cookies[django_settings.SESSION_COOKIE_NAME] = cookie
        return (await client.get("/awho/", headers={"host": host})).json()  # type: ignore[no-any-return]  # -- a test's answer

    with signing(door=False):
        cookie = cookie_of(logged_in(sides[way[0]], HOSTS[way[0]]))
        answers = [asyncio.run(found(cookie, HOSTS[side])) for side in (way[1], way[0])]

    crosses = engine in SHARED and not door
    assert answers == [SOMEBODY if crosses else NOBODY, SOMEBODY]


def test_session_key_without_a_scope_is_refused(engine: str, sides: Sides, project: Any) -> None:
    use(project, engine, door=True)
    key = cookie_of(logged_in(sides[0], HOSTS[0]))

    with pytest.raises(NoTenantError):
        sessions.SessionStore(key).get("note")


def test_session_of_an_older_master_key_is_read_until_that_is_removed(
    engine: str, sides: Sides, project: Any
) -> None:
    use(project, engine, door=True)
    new = {2: base64.b64encode(b"n" * 32).decode()}
    both = {**project.TENANCY["MASTER_KEYS"], **new}
    with as_tenant(sides[0]):
        store = sessions.SessionStore()
        store["note"] = "ours"
        store.save()

        found = []
        # The connection is open; its login's password would have another version, too.
        for known in (both, new):
            with override_settings(TENANCY={**project.TENANCY, "MASTER_KEYS": known}):
                found.append(sessions.SessionStore(store.session_key).get("note"))

    assert found == ["ours", None]


def test_row_does_not_show_the_seal_and_is_the_tenants(sides: Sides, project: Any) -> None:
    use(project, "db", door=True)
    client = logged_in(sides[0], HOSTS[0])

    with as_tenant(sides[0]):
        kept = sorted(sessions.SessionStore(cookie_of(client)).keys())
        decoded = Session.objects.get(pk=cookie_of(client)).get_decoded()
    rows = [owner_rows(side.schema_name, "SELECT count(*) FROM django_session") for side in sides]

    assert kept == ["_auth_user_backend", "_auth_user_hash", "_auth_user_id", "note"]
    assert decoded["note"] == "ours"
    assert rows == [[(1,)], [(0,)]]


def test_log_out_leaves_nothing(engine: str, sides: Sides, project: Any) -> None:
    use(project, engine, door=True)
    client = logged_in(sides[0], HOSTS[0])
    key = cookie_of(client)

    with as_tenant(sides[0]):
        store = sessions.SessionStore(key)
        store.flush()
        found = store.session_key, dict(store.items()), store.is_empty()
        again = engine == "signed_cookies" or not sessions.SessionStore().exists(key)

    assert (found, again) == ((None, {}, True), True)


SYNC = {
    "clear": lambda s: s.clear(),
    "create": lambda s: s.create(),
    "cycle_key": lambda s: s.cycle_key(),
    "decode": lambda s: s.decode(s.encode({"a": 1})),
    "delete": lambda s: s.delete(),
    "delete_test_cookie": lambda s: (s.set_test_cookie(), s.delete_test_cookie()),
    "encode": lambda s: s.decode(s.encode({"a": 1})),
    "exists": lambda s: s.exists(s.session_key or "0" * 40),
    "flush": lambda s: s.flush(),
    "get": lambda s: s.get("note"),
    "get_expire_at_browser_close": lambda s: s.get_expire_at_browser_close(),
    "get_expiry_age": lambda s: s.get_expiry_age(),
    "get_expiry_date": lambda s: s.get_expiry_date() and None,
    "get_session_cookie_age": lambda s: s.get_session_cookie_age(),
    "has_key": lambda s: s.has_key("note"),
    "is_empty": lambda s: s.is_empty(),
    "items": lambda s: sorted(s.items()),
    "keys": lambda s: sorted(s.keys()),
    "load": lambda s: s.load(),
    "pop": lambda s: s.pop("note", None),
    "save": lambda s: s.save(),
    "set_expiry": lambda s: s.set_expiry(60),
    "set_test_cookie": lambda s: s.set_test_cookie(),
    "setdefault": lambda s: s.setdefault("b", 2),
    "test_cookie_worked": lambda s: s.test_cookie_worked(),
    "update": lambda s: s.update({"c": 3}),
    "values": lambda s: sorted(map(str, s.values())),
    "clear_expired": lambda s: s.clear_expired(),
}
NOT_CALLED = {
    "TEST_COOKIE_NAME",
    "TEST_COOKIE_VALUE",
    "key_salt",
    "session_key",
    "aset",
}


def test_every_public_method_of_sessions_is_known() -> None:
    public = {name for name in dir(SessionBase) if not name.startswith("_")}
    twins = {f"a{name}" for name in SYNC} & public

    assert public == set(SYNC) | twins | NOT_CALLED


@pytest.mark.parametrize("name", SYNC)
def test_method_does_the_same_behind_the_door(
    name: str, engine: str, sides: Sides, project: Any
) -> None:
    assert _results(name, engine, sides, project, door=True) == _results(
        name, engine, sides, project, door=False
    )


def _results(
    name: str, engine: str, sides: Sides, project: Any, *, door: bool
) -> list[tuple[Any, ...]]:
    """What a method answers and leaves, also as its async twin."""
    use(project, engine, door=door)
    found = []
    for twin in (False, True):
        if twin and not hasattr(SessionBase, f"a{name}"):
            continue
        with as_tenant(sides[0]):
            store = import_module(project.SESSION_ENGINE).SessionStore()
            store["note"] = "ours"
            store.save()
            store = import_module(project.SESSION_ENGINE).SessionStore(store.session_key)
            answer = _acall(store, name) if twin else SYNC[name](store)
            left = import_module(project.SESSION_ENGINE).SessionStore(store.session_key)
            found.append((answer, store.modified, store.accessed, dict(left.items())))
    return found


def _acall(store: Any, name: str) -> Any:
    """Call a method's twin, with the arguments of its use in SYNC."""

    class Twins:
        session_key = store.session_key

        def __getattr__(self, asked: str) -> Any:
            twin = getattr(store, f"a{asked}", None)
            if twin is None:
                return getattr(store, asked)

            async def called(*args: Any) -> Any:
                return await twin(*args)

            return lambda *args: asyncio.run(called(*args))

    return SYNC[name](Twins())
