"""Plain Django on a hardened server: migrations as the owner, then the ORM as a tenant's login.

Run as a program of its own, because it needs settings of its own.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import Any

import django
from django.conf import settings


def _database(job: dict[str, Any], user: str) -> dict[str, Any]:
    name, password = job[user]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": job["host"],
        "NAME": job["database"],
        "USER": name,
        "PASSWORD": password,
        "OPTIONS": {"options": f"-c search_path={job['schema']}"} if user == "owner" else {},
    }


def main(job: dict[str, Any]) -> None:
    """Does everything, or raises."""
    settings.configure(
        DATABASES={"default": _database(job, "tenant"), "owner": _database(job, "owner")},
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "django.contrib.admin",
            "django.contrib.messages",
        ],
        SECRET_KEY="of this probe",  # noqa: S106 -- signs nothing
        USE_TZ=True,
        TIME_ZONE="America/Sao_Paulo",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    _migrate()
    _introspect()
    _work()
    print("all done")  # noqa: T201 -- the test reads it


def _migrate() -> None:
    from django.core.management import call_command  # noqa: PLC0415 -- after settings
    from django.db import connections  # noqa: PLC0415 -- after settings

    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE django_migrations")
    call_command("migrate", database="owner", verbosity=0)
    call_command("migrate", "auth", "0010", database="owner", verbosity=0)
    call_command("migrate", database="owner", verbosity=0)


def _introspect() -> None:
    from django.db import connections  # noqa: PLC0415 -- after settings

    introspection = connections["owner"].introspection
    with connections["owner"].cursor() as cursor:
        tables = introspection.table_names(cursor)
        for table in tables:
            introspection.get_table_description(cursor, table)
            introspection.get_constraints(cursor, table)
            introspection.get_relations(cursor, table)
            introspection.get_sequences(cursor, table)
    if not {"lead", "auth_user", "django_admin_log"} <= set(tables):
        raise AssertionError(tables)


def _work() -> None:
    from django.contrib.auth.models import Group, User  # noqa: PLC0415 -- after settings
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415 -- same
    from django.db import models, transaction  # noqa: PLC0415 -- same
    from django.db.models import functions as f  # noqa: PLC0415 -- same

    users = User.objects.bulk_create(User(username=f"u{n}", last_name="Silva") for n in range(9))
    User.objects.bulk_create(
        [User(username="u1", first_name="Ana")],
        update_conflicts=True,
        unique_fields=["username"],
        update_fields=["first_name"],
    )
    group = Group.objects.create(name="brokers")
    for user in users:
        user.groups.add(group)
    with transaction.atomic():
        user = User.objects.select_for_update().get(username="u1")
        with transaction.atomic():
            user.email = "ana@example.com"
            user.save()
    counted = User.objects.aggregate(
        n=models.Count("id"), first=models.Min("date_joined"), names=models.Max("username")
    )
    _expect(counted["n"], 9)
    ranked = User.objects.annotate(
        day=f.TruncDay("date_joined"),
        hour=f.ExtractHour("date_joined"),
        label=f.Concat("username", models.Value(" "), f.Upper("last_name")),
        text=f.Cast("id", models.CharField()),
        age=f.Now() - models.F("date_joined"),
        rank=models.Window(f.RowNumber(), order_by="username"),
        data=f.JSONObject(name="username", day=models.F("date_joined")),
    ).filter(date_joined__year=dt.datetime.now(tz=dt.UTC).year)
    _expect(
        [row["rank"] for row in ranked.order_by("username").values("rank").iterator()],
        list(range(1, 10)),
    )
    _expect(User.objects.filter(username__icontains="U", email__iregex="^ANA").count(), 1)
    session = SessionStore()
    session["agency"] = "aurora"
    session.save()
    _expect(SessionStore(session.session_key)["agency"], "aurora")
    User.objects.filter(pk__in=Group.objects.filter(name="brokers").values("user")).update(
        is_staff=models.Case(models.When(username="u1", then=True), default=False)
    )
    _expect(User.objects.filter(is_staff=True).values_list("first_name", flat=True)[0], "Ana")
    User.objects.all().delete()
    _expect(User.objects.exists(), False)  # noqa: FBT003 -- a value


def _expect(found: object, needed: object) -> None:
    if found != needed:
        message = f"found {found!r}, needed {needed!r}"
        raise AssertionError(message)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
