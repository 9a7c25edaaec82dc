"""People: managers add and deactivate them; for brokers the pages do not exist."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.test import APIClient

from konecty_crm.accounts.models import Agency, Person
from konecty_crm.accounts.provision import first_manager
from tests.crm.conftest import PASSWORD, make_person

ClientOf = Callable[[Person], Client]
ApiOf = Callable[[Person], APIClient]


def new_person(**changes: str) -> dict[str, str]:
    usual = {"name": "Érica Nova", "email": "Erica@Teste.example", "role": "broker"}
    return usual | {"password": PASSWORD} | changes


def test_person_added_by_a_manager_can_log_in(client_of: ClientOf, manager: Person) -> None:
    response = client_of(manager).post("/pessoas/nova/", new_person())

    added = Person.objects.get(email="erica@teste.example")
    assert response.status_code == 302
    assert (added.name_key, added.role, added.is_staff) == ("erica nova", "broker", False)
    assert Client().login(username="erica@teste.example", password=PASSWORD)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"email": "ANA@teste.example"}, id="address is taken, in other letters"),
        pytest.param({"password": "123"}, id="password too short"),
        pytest.param({"role": "owner"}, id="unknown role"),
    ],
)
def test_person_with_unacceptable_data_is_not_added(
    client_of: ClientOf, manager: Person, broker: Person, changes: dict[str, str]
) -> None:
    response = client_of(manager).post("/pessoas/nova/", new_person(**changes))

    assert response.status_code == 200
    assert Person.objects.count() == 2


@pytest.mark.parametrize("path", ["/pessoas/", "/pessoas/nova/"])
def test_people_pages_do_not_exist_for_a_broker(
    client_of: ClientOf, broker: Person, path: str
) -> None:
    assert client_of(broker).get(path).status_code == 404


def test_person_deactivated_by_a_broker_stays_active(
    client_of: ClientOf, broker: Person, other_broker: Person
) -> None:
    response = client_of(broker).post(f"/pessoas/{other_broker.pk}/desativar/")

    other_broker.refresh_from_db()
    assert response.status_code == 404
    assert other_broker.is_active


def test_person_deactivated_and_activated_by_a_manager(
    client_of: ClientOf, manager: Person, broker: Person
) -> None:
    client = client_of(manager)
    states = []
    for action in ("desativar", "ativar"):
        client.post(f"/pessoas/{broker.pk}/{action}/")
        broker.refresh_from_db()
        states.append(broker.is_active)

    assert states == [False, True]


def test_manager_cannot_deactivate_themselves(client_of: ClientOf, manager: Person) -> None:
    client_of(manager).post(f"/pessoas/{manager.pk}/desativar/")

    manager.refresh_from_db()
    assert manager.is_active


def test_people_api_lists_by_the_unaccented_name(
    api_of: ApiOf, manager: Person, broker: Person
) -> None:
    make_person("Álvaro Zanetti")

    answer = api_of(manager).get("/api/people/").json()

    assert [row["name"] for row in answer["results"]] == [
        "Álvaro Zanetti",
        "Ana Corretora",
        "Marta Gerente",
    ]


def test_people_api_finds_accents_without_typing_them(api_of: ApiOf, manager: Person) -> None:
    make_person("José Conceição")

    found = [
        api_of(manager).get("/api/people/", {"search": text}).json()["count"]
        for text in ("jose", "JOSÉ", "conceicao", "joana")
    ]

    assert found == [1, 1, 1, 0]


def test_people_api_is_not_there_for_a_broker(api_of: ApiOf, broker: Person) -> None:
    assert api_of(broker).get("/api/people/").status_code == 403


def test_people_api_creates_without_showing_the_password(api_of: ApiOf, manager: Person) -> None:
    answer = api_of(manager).post("/api/people/", new_person())

    assert answer.status_code == 201
    assert "password" not in answer.json()
    assert Client().login(username="erica@teste.example", password=PASSWORD)


def test_people_api_refuses_an_address_that_is_taken(
    api_of: ApiOf, manager: Person, broker: Person
) -> None:
    answer = api_of(manager).post("/api/people/", new_person(email="ANA@teste.example"))

    assert answer.status_code == 400
    assert list(answer.json()) == ["email"]


def test_people_api_deactivates_others_only(
    api_of: ApiOf, manager: Person, broker: Person
) -> None:
    api = api_of(manager)

    codes = [
        api.post(f"/api/people/{person.pk}/deactivate/").status_code
        for person in (broker, manager)
    ]

    assert codes == [200, 409]
    assert set(Person.objects.filter(is_active=True)) == {manager}


def test_address_in_capitals_is_refused_by_the_database(db: None) -> None:
    with pytest.raises(IntegrityError, match="accounts_person_email_lower"), transaction.atomic():
        Person.objects.create(email="Ana@teste.example", name="Ana")

    assert not Person.objects.exists()


def test_second_agency_row_is_refused_by_the_database(agency: Agency) -> None:
    with pytest.raises(IntegrityError, match="accounts_agency_one_row"), transaction.atomic():
        Agency.objects.create(pk=2, name="Outra")

    assert Agency.objects.get() == agency


def test_first_manager_of_a_new_agency_can_log_in(db: None) -> None:
    first_manager(
        {
            "name": "Aurora",
            "manager_email": "Marcos@aurora.example",
            "manager_name": "Marcos",
            "manager_password": PASSWORD,
        }
    )

    manager = Person.objects.get()
    assert (manager.email, manager.is_manager, manager.is_staff) == (
        "marcos@aurora.example",
        True,
        True,
    )
    assert Agency.objects.get().name == "Aurora"
    assert Client().login(username=manager.email, password=PASSWORD)


@pytest.mark.parametrize("password", ["", "123"])
def test_first_manager_without_a_fit_password_is_refused(db: None, password: str) -> None:
    options = {"name": "Aurora", "manager_email": "m@a.example", "manager_password": password}

    with pytest.raises(ValidationError):
        first_manager(options)

    assert not Person.objects.exists()


def test_first_manager_without_an_address_makes_the_agency_only(db: None) -> None:
    first_manager({"name": "Aurora"})

    assert Agency.objects.get().name == "Aurora"
    assert not Person.objects.exists()


def test_name_saved_alone_takes_its_sort_key_along(broker: Person) -> None:
    broker.name = "Ângela"
    broker.save(update_fields=["name"])

    broker.refresh_from_db()
    assert broker.name_key == "angela"
