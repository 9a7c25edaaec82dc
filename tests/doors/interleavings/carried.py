"""Things that are made in one scope and tried in another, one way out of a tenant each.

`make(canary)` runs in a unit of work and gives what code might keep: a name, a token, an object.
`use(kept)` runs in another unit of work, of the same tenant or not, and gives what it got out of
it. In the wrong scope it may raise or get nothing; the canary of another tenant is a leak.
"""

from __future__ import annotations

import base64
import itertools
import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage
from django.core.signing import BadSignature
from django.db import connection

from tenancy.boundaries.capsule import opened, pack
from tenancy.boundaries.channels import TenantChannelLayer, group
from tenancy.boundaries.egress import client
from tenancy.boundaries.process_caches import tenant_cache
from tenancy.boundaries.sessions import engine_class
from tenancy.boundaries.threads import in_this_scope
from tenancy.current import current_tenant
from tenancy.exceptions import IsolationError
from tenancy.keys import Purpose, seal, unseal
from tests.foreign.shop.models import Buyer, Tag

__all__ = ["CARRIED", "REFUSALS", "Carried"]

REFUSALS = (IsolationError, BadSignature, FileNotFoundError, Tag.DoesNotExist)
"""What a door says no with: a refusal, or the same answer as for what does not exist."""

_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Carried:
    """One way out: how it is made and used.

    `crosses_processes`: what is kept is text, so another process can be tried with it.
    `outlives_unit`: it works in a later unit of the same tenant; else that is refused too.
    """

    make: Callable[[str], Any]
    use: Callable[[Any], object]
    crosses_processes: bool = False
    outlives_unit: bool = True


def _instance(canary: str) -> Tag:
    return Tag.objects.create(label=canary)


def _saved_again(tag: Tag) -> str:
    tag.save()
    return Tag.objects.get(pk=tag.pk).label


def _cursor(canary: str) -> Any:
    cursor = connection.cursor()
    cursor.execute("SELECT %s", [canary])
    return cursor


def _half_read(canary: str) -> Any:
    Buyer.objects.get_or_create(name=canary, phone=f"{canary}-1")
    Buyer.objects.get_or_create(name=canary, phone=f"{canary}-2")
    rows = Buyer.objects.values_list("name", flat=True).iterator(chunk_size=1)
    next(rows)
    return rows


def _cached(canary: str) -> str:
    key = f"shared-key-{next(_numbers) % 3}"
    cache.set(key, canary)
    return key


def _from_cache(key: str) -> object:
    # Not `cache.get` itself: that would be the method of the cache of this moment.
    return cache.get(key)


def _stored(canary: str) -> str:
    return default_storage.save("docs/plan.txt", ContentFile(canary.encode()))


def _contents(name: str) -> str:
    with default_storage.open(name) as file:
        return bytes(file.read()).decode()


def _opened(canary: str) -> Any:
    return default_storage.open(_stored(canary))


def _session(canary: str) -> str:
    session = engine_class("django.contrib.sessions.backends.cache")()
    session["canary"] = canary
    session.save()
    return str(session.session_key)


def _in_session(key: str) -> object:
    return engine_class("django.contrib.sessions.backends.cache")(key).get("canary")


def _message(canary: str) -> EmailMessage:
    return EmailMessage("Visita", canary, None, ["maria@example.com"])


def _sent(message: EmailMessage) -> str:
    # Written out as it would be sent.
    return str(message.message())


def _group(canary: str) -> list[str]:
    return [group("leads"), canary]


def _sent_to_group(kept: list[str]) -> str:
    layer = TenantChannelLayer(inner={"BACKEND": "channels.layers.InMemoryChannelLayer"})
    async_to_sync(layer.group_send)(kept[0], {"type": "told"})
    return kept[1]


def _same_person() -> Any:
    # Everything that a token is made of is the same in each tenant.
    model: Any = get_user_model()
    fields = {"password": "!", "last_login": None}
    return model.objects.get_or_create(pk=1_000, email="same@teste.example", defaults=fields)[0]


def _reset_token(canary: str) -> list[str]:
    return [default_token_generator.make_token(_same_person()), canary]


def _reset(kept: list[str]) -> str:
    return kept[1] if default_token_generator.check_token(_same_person(), kept[0]) else "no"


@tenant_cache()
def _remembered(name: str) -> list[str]:
    return []


def _remember(canary: str) -> str:
    _remembered("figures").append(canary)
    return "figures"


def _client(canary: str) -> list[Any]:
    return [client("nobody", "service"), canary]


def _called(kept: list[Any]) -> str:
    # Nobody listens there: getting as far as that is what must not happen elsewhere.
    with suppress(httpx.ConnectError):
        kept[0].get("http://127.0.0.1:1/")
    return str(kept[1])


def _work(canary: str) -> Callable[[], str]:
    return in_this_scope(lambda: f"{canary} {current_tenant().schema_name}")


def _capsule(canary: str) -> list[str]:
    return [pack("shop.task", [canary]), canary]


def _ran(kept: list[str]) -> str:
    # Where the message says, not where it arrived: that must be outside any scope.
    with opened(kept[0], "shop.task", [kept[1]], joins=True):
        return kept[1]


CARRIED: dict[str, Carried] = {
    "instance": Carried(make=_instance, use=_saved_again),
    "queryset": Carried(
        make=lambda canary: _instance(canary) and Tag.objects.filter(label=canary),
        use=lambda tags: list(tags.values_list("label", flat=True)),
    ),
    "rows": Carried(
        make=lambda canary: _instance(canary) and [Tag.objects.filter(label=canary)],
        use=lambda kept: [tag.label for tag in kept[0]],
    ),
    "cursor": Carried(make=_cursor, use=lambda cursor: cursor.fetchall(), outlives_unit=False),
    "iterator": Carried(make=_half_read, use=list, outlives_unit=False),
    "cache": Carried(make=_cached, use=_from_cache, crosses_processes=True),
    "file": Carried(make=_stored, use=_contents, crosses_processes=True),
    "open file": Carried(
        make=_opened, use=lambda file: bytes(file.read()).decode(), outlives_unit=False
    ),
    "seal": Carried(
        make=lambda canary: seal(Purpose.LINK, canary.encode()),
        use=lambda sealed: unseal(Purpose.LINK, sealed).decode(),
        crosses_processes=True,
    ),
    "session": Carried(make=_session, use=_in_session, crosses_processes=True),
    "capsule": Carried(make=_capsule, use=_ran, crosses_processes=True),
    "pickle": Carried(
        make=lambda canary: base64.b64encode(pickle.dumps(_instance(canary))).decode(),
        use=lambda kept: _saved_again(pickle.loads(base64.b64decode(kept))),  # noqa: S301 -- ours
        crosses_processes=True,
    ),
    "group": Carried(make=_group, use=_sent_to_group, crosses_processes=True),
    "reset token": Carried(make=_reset_token, use=_reset, crosses_processes=True),
    "remembered": Carried(make=_remember, use=lambda name: list(_remembered(name))),
    "client": Carried(make=_client, use=_called, outlives_unit=False),
    "message": Carried(make=_message, use=_sent),
    "work": Carried(make=_work, use=lambda work: work(), outlives_unit=False),
    "signature": Carried(make=signing.dumps, use=signing.loads, crosses_processes=True),
}
