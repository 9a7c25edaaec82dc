"""Run in a process of its own: the piece of a framework behind each door, plain and with it."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import django

from tests.benchmarks.measure import Round, Rounds, take_turns

__all__ = ["main"]

_SAMPLES = 40
_TEMPLATE = "<h1>{{ title }}</h1>{% for n in numbers %}<li>{{ n }}</li>{% endfor %}"

Use = Callable[[], object]


def main(rounds: int, redis_url: str) -> None:
    """Print `{piece: {who: rounds}}`."""
    django.setup()
    from tenancy.context import tenant_scope  # noqa: PLC0415 -- after setup
    from tests.benchmarks.project.queues import new_tenant  # noqa: PLC0415 -- after setup

    found: dict[str, dict[str, Rounds]] = {}
    tenant = new_tenant()
    gc.disable()
    with ExitStack() as stack:
        stack.enter_context(tenant_scope(tenant))
        for name, (plain, own) in _pieces(stack, redis_url):
            subjects = {"plain": plain, "tenancy": own}
            for use in subjects.values():
                _round(use)
            found[name] = take_turns(
                {who: lambda use=use: _round(use) for who, use in subjects.items()},  # type: ignore[misc]  # -- bound now
                rounds=rounds,
                label=name,
            )
    json.dump(found, sys.stdout)


def _round(use: Use) -> Round:
    samples = []
    for _ in range(_SAMPLES):
        started = time.perf_counter_ns()
        use()
        samples.append(time.perf_counter_ns() - started)
    return samples


def _pieces(stack: ExitStack, redis_url: str) -> Iterator[tuple[str, tuple[Use, Use]]]:
    yield "session loaded from its table", _sessions()
    yield "CSRF token made for a page", _csrf()
    yield "user asked for a permission", _users()
    yield "content type looked up", _content_types()
    yield "text signed and verified", _signing()
    yield "template found and rendered", _templates()
    yield "mail given to a backend", _mail()
    yield "log line written as JSON", _logs()
    yield "work done in a pool's thread", _threads(stack)
    yield "message sent to a group, Redis", _channels(redis_url)
    yield "GET from a server on this machine", _http(stack)


def _sessions() -> tuple[Use, Use]:
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415 -- after setup

    from tenancy.boundaries import sessions  # noqa: PLC0415 -- after setup

    def use(store: Any) -> Use:
        session = store()
        session["user"] = {"id": 7, "name": "Maria"}
        session.save()
        return lambda: store(session.session_key).load()

    return use(SessionStore), use(sessions.SessionStore)


def _csrf() -> tuple[Use, Use]:
    from django.http import HttpResponse  # noqa: PLC0415 -- after setup
    from django.middleware.csrf import CsrfViewMiddleware, get_token  # noqa: PLC0415 -- as above
    from django.test import RequestFactory  # noqa: PLC0415 -- after setup

    from tenancy.boundaries.csrf import BoundCsrfCookie  # noqa: PLC0415 -- after setup

    plain = CsrfViewMiddleware(lambda request: HttpResponse(get_token(request)))
    own = BoundCsrfCookie(plain)
    request = RequestFactory()
    return lambda: plain(request.get("/")), lambda: own(request.get("/"))


def _users() -> tuple[Use, Use]:
    from django.contrib.auth.models import User  # noqa: PLC0415 -- after setup

    user = User.objects.create(username="ana")
    user.has_perm("shop.add_buyer")
    plain: Any = User.has_perm.__wrapped__  # type: ignore[attr-defined]  # -- what the door wraps
    return lambda: plain(user, "shop.add_buyer"), lambda: user.has_perm("shop.add_buyer")


def _content_types() -> tuple[Use, Use]:
    from django.contrib.contenttypes.models import (  # noqa: PLC0415 -- after setup
        ContentType,
        ContentTypeManager,
    )

    from tests.foreign.shop.models import Buyer  # noqa: PLC0415 -- after setup

    class PlainManager(ContentTypeManager):
        """Django's own: one dictionary for the process."""

        _cache: Any = None

    plain = PlainManager()
    plain.model = ContentType
    return (
        lambda: plain.get_for_model(Buyer),
        lambda: ContentType.objects.get_for_model(Buyer),
    )


def _signing() -> tuple[Use, Use]:
    from django.core.signing import TimestampSigner  # noqa: PLC0415 -- after setup

    def use(signer: Any) -> object:
        return signer.unsign(signer.sign("lead 7"), max_age=60)

    return lambda: use(TimestampSigner(key="k" * 50)), lambda: use(TimestampSigner())


def _templates() -> tuple[Use, Use]:
    from django.template import Context, Engine  # noqa: PLC0415 -- after setup

    inner = [("django.template.loaders.locmem.Loader", {"page.html": _TEMPLATE})]
    context = Context({"title": "Leads", "numbers": range(10)})

    def use(cached: str) -> Use:
        engine = Engine(loaders=[(cached, inner)])
        return lambda: engine.get_template("page.html").render(context)

    own = "tenancy.boundaries.templates.CachedLoader"
    return use("django.template.loaders.cached.Loader"), use(own)


def _mail() -> tuple[Use, Use]:
    from django.core.mail import EmailMessage  # noqa: PLC0415 -- after setup
    from django.core.mail.backends.locmem import EmailBackend  # noqa: PLC0415 -- after setup

    from tenancy.boundaries.email import TenantEmailBackend  # noqa: PLC0415 -- after setup

    def use(backend: Any) -> object:
        return backend.send_messages([EmailMessage("Lead", "A new one.", to=["ana@example.com"])])

    return lambda: use(EmailBackend()), lambda: use(TenantEmailBackend())


def _logs() -> tuple[Use, Use]:
    import structlog  # noqa: PLC0415 -- in the process that measures it

    from tenancy.boundaries.logs import StructuredFormatter  # noqa: PLC0415 -- after setup

    plain = structlog.stdlib.ProcessorFormatter(
        processor=structlog.processors.JSONRenderer(),
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.stdlib.add_log_level,
        ],
    )

    def use(name: str, formatter: logging.Formatter) -> Use:
        handler = logging.StreamHandler(open(os.devnull, "w"))  # noqa: SIM115, PTH123 -- to the end
        handler.setFormatter(formatter)
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.propagate = False
        return lambda: logger.warning("lead %s was assigned", 7)

    return use("bench.plain", plain), use("bench.tenancy", StructuredFormatter())


def _threads(stack: ExitStack) -> tuple[Use, Use]:
    from tenancy.boundaries.threads import TenantThreadPoolExecutor  # noqa: PLC0415 -- as above

    pools = [
        stack.enter_context(kind(max_workers=1))
        for kind in (ThreadPoolExecutor, TenantThreadPoolExecutor)
    ]
    plain, own = (lambda pool=pool: pool.submit(int, "7").result() for pool in pools)
    return plain, own


def _channels(url: str) -> tuple[Use, Use]:
    from channels_redis.core import RedisChannelLayer  # noqa: PLC0415 -- after setup

    from tenancy.boundaries.channels import TenantChannelLayer, group  # noqa: PLC0415 -- as above

    loop = asyncio.new_event_loop()
    config = {"hosts": [url]}
    kind = "channels_redis.core.RedisChannelLayer"
    layers = (
        (RedisChannelLayer(**config), "leads"),
        (TenantChannelLayer(inner={"BACKEND": kind, "CONFIG": config}), group("leads")),
    )

    def use(layer: Any, name: str) -> Use:
        async def joined() -> None:
            await layer.group_add(name, await layer.new_channel())

        loop.run_until_complete(joined())
        message = {"type": "said", "text": "a lead was assigned"}
        return lambda: loop.run_until_complete(layer.group_send(name, message))

    plain, own = (use(layer, name) for layer, name in layers)
    return plain, own


def _http(stack: ExitStack) -> tuple[Use, Use]:
    import httpx  # noqa: PLC0415 -- in the process that measures it

    from tenancy.boundaries import egress  # noqa: PLC0415 -- after setup

    clients = (
        stack.enter_context(httpx.Client(trust_env=False)),
        stack.enter_context(egress.client("bench", "service")),
    )
    plain, own = (lambda client=client: client.get(os.environ["BENCH_WEB"]) for client in clients)
    return plain, own


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
