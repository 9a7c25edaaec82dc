"""Lines: each says whose work it was, and none has what was bound or read in another tenant."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import logging.handlers
import queue
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import pytest
import structlog
from django.db import connection
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.test import RequestFactory, override_settings
from structlog.contextvars import bind_contextvars, clear_contextvars

from tenancy import signals
from tenancy.boundaries import log_records, logs
from tenancy.boundaries.logs import StructuredFormatter
from tenancy.context import owner_scope, platform_scope, tenant_scope
from tenancy.keys import opaque_id
from tenancy.scopes import Surface
from tenancy.testing.database import TestTenants
from tenancy.testing.off_errors import error_details_shown
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.logs.conftest import Side, lines
from tests.foreign.shop.models import Buyer

pytestmark = pytest.mark.usefixtures("structlog_on")

_NOBODY = {"scope": None, "tenant": None, "unit": None, "actor": None, "surface": None}
_logger = logging.getLogger("tests.lines")


def _written(write: Callable[[], object]) -> list[dict[str, Any]]:
    with lines(StructuredFormatter(), "tests.lines") as stream:
        write()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def _whose(line: dict[str, Any]) -> dict[str, Any]:
    return {key: line[key] for key in _NOBODY}


WRITERS: dict[str, Callable[[], object]] = {
    "logging": lambda: _logger.info("done"),
    "structlog": lambda: structlog.get_logger("tests.lines").info("done"),
    "async": lambda: asyncio.run(structlog.get_logger("tests.lines").ainfo("done")),
    "to_thread": lambda: asyncio.run(asyncio.to_thread(_logger.info, "done")),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_line_in_a_scope_says_whose_work_it_is(tenants: TestTenants, writer: str) -> None:
    for tenant in (tenants.default, tenants.twin):
        with outside(), tenant_scope(tenant, surface=Surface.TASK) as scope:
            scope.unit.acts_for("task:report")
            (line,) = _written(WRITERS[writer])

        assert (line["event"], line["level"], line["logger"]) == ("done", "info", "tests.lines")
        assert _whose(line) == {
            "scope": "tenant",
            "tenant": opaque_id(scope.stamp),
            "unit": scope.unit.number,
            "actor": "task:report",
            "surface": "task",
        }
        assert tenant.schema_name not in json.dumps(line)


@pytest.mark.parametrize("writer", WRITERS)
def test_line_outside_any_scope_has_no_tenant(tenants: TestTenants, writer: str) -> None:
    with outside():
        (line,) = _written(WRITERS[writer])

    assert _whose(line) == _NOBODY


def test_line_of_a_plain_thread_has_no_tenant(tenants: TestTenants) -> None:
    def in_thread() -> None:
        thread = threading.Thread(target=_logger.info, args=("done",))
        thread.start()
        thread.join()

    with as_tenant(tenants.default):
        (line,) = _written(in_thread)

    assert _whose(line) == _NOBODY


@pytest.mark.parametrize("kind", ["platform", "owner"])
def test_line_of_the_platform_has_a_scope_and_no_tenant(tenants: TestTenants, kind: str) -> None:
    entered = platform_scope() if kind == "platform" else owner_scope(reason="write a line")

    with outside(), entered:
        (line,) = _written(WRITERS["logging"])

    assert (line["scope"], line["tenant"]) == (kind, None)


def test_line_that_another_thread_writes_out_says_whose_work_it_was(tenants: TestTenants) -> None:
    waiting: queue.Queue[Any] = queue.Queue()
    handler = logging.handlers.QueueHandler(waiting)
    _logger.addHandler(handler)
    try:
        with as_tenant(tenants.default) as scope:
            _logger.error("done")
    finally:
        _logger.removeHandler(handler)

    line = json.loads(StructuredFormatter().format(waiting.get()))

    assert (line["tenant"], line["unit"]) == (opaque_id(scope.stamp), scope.unit.number)


@pytest.mark.attack
def test_event_cannot_say_it_is_another_tenants(tenants: TestTenants) -> None:
    claimed = opaque_id(f"tenant:{tenants.twin.schema_name}")

    with as_tenant(tenants.default) as scope:
        (line,) = _written(
            lambda: structlog.get_logger("tests.lines").info("done", tenant=claimed, unit=0)
        )

    assert (line["tenant"], line["unit"]) == (opaque_id(scope.stamp), scope.unit.number)


def test_line_break_in_a_value_starts_no_second_line(tenants: TestTenants) -> None:
    (line,) = _written(lambda: _logger.info("found %s", 'x"}\n{"event": "forged"}'))

    assert line["event"] == 'found x"}\n{"event": "forged"}'


def test_extra_named_tenant_is_no_error(tenants: TestTenants) -> None:
    (line,) = _written(lambda: _logger.info("done", extra={"tenant": "x", "unit": 1}))

    assert line["event"] == "done"


@contextmanager
def _structlog_as_it_comes() -> Iterator[None]:
    """structlog's own processors and contexts, written by our formatter."""
    for signal in (signals.scope_entered, signals.scope_left):
        signal.disconnect(dispatch_uid="tenancy.boundaries.logs")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            lambda logger, method, event: ((event,), {}),
        ],
        context_class=dict,
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    try:
        yield
    finally:
        logs.configure()


_DOORS = pytest.mark.parametrize("door", [nullcontext, _structlog_as_it_comes], ids=["on", "off"])
_Door = Callable[[], AbstractContextManager[None]]


@pytest.mark.attack
@_DOORS
@pytest.mark.parametrize("bound", ["logger", "child", "contextvars"])
def test_what_was_bound_in_one_tenant_is_not_in_the_lines_of_the_next(
    sides: tuple[Side, Side], bound: str, door: _Door
) -> None:
    for here, there in (sides, sides[::-1]):
        with door():
            clear_contextvars()
            logger = structlog.get_logger("tests.lines")
            with as_tenant(here.tenant):
                if bound == "contextvars":
                    bind_contextvars(lead=here.canary)
                else:
                    logger = logger.bind(lead=here.canary)
                (own,) = _written(lambda: logger.info("own"))  # noqa: B023 -- called at once
            with as_tenant(there.tenant):
                logger = logger.bind(step=1) if bound == "child" else logger
                (other,) = _written(lambda: logger.info("other"))  # noqa: B023 -- as above
            with outside():
                (after,) = _written(lambda: logger.info("after"))  # noqa: B023 -- as above

        is_open = door is _structlog_as_it_comes
        assert own["lead"] == here.canary
        assert [here.told_by(json.dumps(line)) for line in (other, after)] == [is_open, is_open]


def test_what_was_bound_outside_any_scope_is_in_every_line(tenants: TestTenants) -> None:
    with outside():
        logger = structlog.get_logger("tests.lines").bind(component="import")

    for tenant in (tenants.default, tenants.twin):
        with as_tenant(tenant):
            (line,) = _written(lambda: logger.info("done"))

        assert line["component"] == "import"


def test_contextvars_of_a_unit_that_pauses_in_anothers_context_stay_apart(
    sides: tuple[Side, Side],
) -> None:
    clear_contextvars()
    with outside():
        manager = tenant_scope(sides[0].tenant)
        manager.__enter__()
        bind_contextvars(lead=sides[0].canary)
        suspended = manager.suspend()
        with tenant_scope(sides[1].tenant):
            bind_contextvars(lead=sides[1].canary)
        with tenant_scope(sides[1].tenant):
            (second,) = _written(WRITERS["structlog"])
        with suspended.resumed():
            (first,) = _written(WRITERS["structlog"])
        suspended.end()

    assert ["lead" in line for line in (second, first)] == [False, False]


class _Opaque:
    def __repr__(self) -> str:
        return "kanarie7700001"


VALUES: dict[str, Callable[[Buyer], object]] = {
    "instance": lambda buyer: buyer,
    "queryset": lambda _buyer: Buyer.objects.all(),
    "list of instances": lambda buyer: [buyer],
    "dict": lambda buyer: {"name": buyer.name},
    "dict by instance": lambda buyer: {buyer: 1},
    "object": lambda _buyer: _Opaque(),
    "error": lambda buyer: ValueError(buyer.name),
    "address": lambda buyer: f"https://one.example/leads/?name={buyer.name}&page=1",
}


@pytest.mark.attack
@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("door", [nullcontext, error_details_shown], ids=["on", "off"])
def test_argument_of_a_line_is_told_without_its_contents(
    sides: tuple[Side, Side], name: str, door: _Door
) -> None:
    for side in sides[:1]:
        with door(), as_tenant(side.tenant):
            value = VALUES[name](Buyer.objects.get(name=side.canary))
            with lines(logging.Formatter(), "tests.lines") as stream:
                _logger.info("found %s", value)

        off_and_text = door is error_details_shown
        assert side.told_by(stream.getvalue()) is off_and_text


def test_instance_in_a_line_is_its_label_and_key(sides: tuple[Side, Side]) -> None:
    with as_tenant(sides[0].tenant):
        buyer = Buyer.objects.get()
        (one,) = _written(lambda: _logger.info("found %s", buyer))
        (two,) = _written(lambda: structlog.get_logger("tests.lines").info("x", buyer=buyer))

    label = f"shop.Buyer:{buyer.pk}"
    assert (one["event"], two["buyer"]) == (f"found {label}", label)


def _with_parameters() -> logging.Formatter:
    return logging.Formatter("%(message)s %(params)s", defaults={"params": ""})


@pytest.mark.attack
@pytest.mark.parametrize("door", [nullcontext, error_details_shown], ids=["on", "off"])
def test_sql_log_and_connection_queries_have_no_parameters(
    sides: tuple[Side, Side], door: _Door
) -> None:
    for side in sides:
        with (
            door(),
            override_settings(DEBUG=True),
            as_tenant(side.tenant),
            lines(_with_parameters(), "django.db.backends") as stream,
        ):
            connection.force_debug_cursor = True
            try:
                assert Buyer.objects.filter(name=side.canary).count() == 1
            finally:
                connection.force_debug_cursor = False
            kept = str(connection.queries)
            connection.queries_log.clear()

        is_open = door is error_details_shown
        assert "shop_buyer" in kept
        assert "shop_buyer" in stream.getvalue()
        assert [side.told_by(kept), side.told_by(stream.getvalue())] == [is_open, is_open]


@pytest.mark.attack
@pytest.mark.parametrize("door", [nullcontext, error_details_shown], ids=["on", "off"])
def test_warning_that_is_logged_tells_its_place_only(door: _Door) -> None:
    logging.captureWarnings(capture=True)
    try:
        with door(), warnings.catch_warnings(), lines(StructuredFormatter()) as stream:
            warnings.simplefilter("always")
            logging.captureWarnings(capture=True)
            warnings.showwarning("kanarie7700001", RuntimeWarning, __file__, 7)
    finally:
        logging.captureWarnings(capture=False)

    (line,) = [json.loads(text) for text in stream.getvalue().splitlines()]
    if door is nullcontext:
        assert line["event"] == f"{__file__}:7: RuntimeWarning"
    else:
        assert "kanarie7700001" in line["event"]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({}, "CSRF cookie not set."),
        ({"secure": True}, "Referer checking failed - no Referer."),
        (
            {"secure": True, "headers": {"referer": "https://else.example/kanarie7700001/"}},
            "[RejectRequest]",
        ),
    ],
    ids=["cookie", "referer", "referer of another site"],
)
def test_wrong_csrf_token_is_told_in_djangos_words_without_addresses(
    tenants: TestTenants, sent: dict[str, Any], reason: str
) -> None:
    request = RequestFactory().post("/leads/", **sent)
    check = CsrfViewMiddleware(lambda _request: HttpResponse())

    with (
        as_tenant(tenants.default),
        lines(StructuredFormatter(), "django.security.csrf") as stream,
    ):
        check.process_view(request, lambda _request: HttpResponse(), (), {})

    assert json.loads(stream.getvalue())["event"] == f"Forbidden ({reason}): (no route)"


def test_refusal_in_a_line_names_tenants_by_their_opaque_id(tenants: TestTenants) -> None:
    schemas = [tenants.default.schema_name, tenants.twin.schema_name]
    try:
        with as_tenant(tenants.default), tenant_scope(tenants.twin):
            pass
    except Exception:  # noqa: BLE001 -- a refusal
        (line,) = _written(lambda: _logger.exception("failed"))

    text = json.dumps(line)
    assert [schema in text for schema in schemas] == [False, False]
    assert [opaque_id(f"tenant:{schema}") in text for schema in schemas] == [True, True]


def test_factory_of_somebody_else_on_top_of_ours_is_known(tenants: TestTenants) -> None:
    ours = logging.getLogRecordFactory()
    try:
        logging.setLogRecordFactory(functools.partial(ours))
        assert log_records.is_installed() is True
        log_records.install()
        on_top = logging.getLogRecordFactory()
        logging.setLogRecordFactory(logging.LogRecord)
        assert log_records.is_installed() is False
    finally:
        logging.setLogRecordFactory(ours)

    assert on_top is not ours


def test_line_of_a_request_after_its_scope_says_whose_it_was(tenants: TestTenants) -> None:
    request = RequestFactory().get("/leads/maria/?q=maria")
    with outside(), tenant_scope(tenants.default) as scope:
        scope.unit.acts_for(lambda: "user:7")
        vars(request)["tenancy_scope"] = scope
    with outside():
        (line,) = _written(
            lambda: _logger.error("Failed: %s", request.path, extra={"request": request})
        )

    assert (line["tenant"], line["actor"]) == (opaque_id(scope.stamp), "user:7")
    assert (line["event"], line["method"]) == ("Failed: (no route)", "GET")
