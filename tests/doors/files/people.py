"""People who are logged in at two tenants, each with a link to that tenant's file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from tenancy.boundaries.links import link_to
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant

HOSTS = ("testserver", "twin.testserver")
NAME = "docs/plan.txt"
_KEYS = {"ana": 5_001, "beto": 5_002}


@dataclass
class Person:
    """Somebody who is logged in at one tenant, with a link to that tenant's file."""

    tenant: Tenant
    user: Any
    client: Client
    link: str

    def get(self, link: str, **headers: str) -> Any:
        return self.client.get(link, headers=headers)


def serve_downloads(settings: Any, folder: Path) -> None:
    """A project with sessions, log-ins and files on a disk."""
    settings.MIDDLEWARE = [
        "tenancy.middleware.TenantMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    settings.ALLOWED_HOSTS = [".testserver"]
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "tenancy.boundaries.files.TenantStorage",
            "OPTIONS": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": folder},
            },
        },
    }


def two_agencies(tenants: TestTenants, secrets: tuple[bytes, bytes]) -> dict[str, Person]:
    """`ana` and `ana2` (same names, same keys) at two tenants; `beto` beside the first."""
    found = {}
    for number, tenant in enumerate((tenants.default, tenants.twin)):
        with as_tenant(tenant):
            default_storage.save(NAME, ContentFile(secrets[number]))
            found[("ana", "ana2")[number]] = _logged_in(tenant, HOSTS[number], "ana")
            if number == 0:
                found["beto"] = _logged_in(tenant, HOSTS[0], "beto")
    assert found["ana"].user.pk == found["ana2"].user.pk
    return found


def _logged_in(tenant: Tenant, host: str, name: str) -> Person:
    model: Any = get_user_model()
    extra: dict[str, Any] = {"name": name} if hasattr(model, "name_key") else {}
    # Earlier tests moved one tenant's sequence and not the other's.
    extra["pk"] = _KEYS[name]
    user = model.objects.create_user(f"{name}@x.example", password="pw", **extra)  # noqa: S106 -- of a test
    client = Client(headers={"host": host})
    client.force_login(user)
    return Person(tenant, user, client, link_to(NAME, user))


def body(response: Any) -> bytes:
    return b"".join(response) if response.streaming else response.content


def everything(response: Any) -> tuple[int, list[tuple[str, str]], bytes]:
    return response.status_code, sorted(response.items()), body(response)
