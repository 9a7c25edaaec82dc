"""Files of a lead: who may send, open and remove them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from konecty_crm.accounts.models import Person
from konecty_crm.leads.forms import LARGEST_ATTACHMENT_BYTES
from konecty_crm.leads.models import Attachment, Lead
from tests.crm.conftest import make_lead

ClientOf = Callable[[Person], Client]
PAGE = "<script>alert(1)</script>"


@pytest.fixture
def lead(broker: Person) -> Lead:
    return make_lead("Do Ana", broker)


def send(client: Client, lead: Lead, name: str = "escritura.pdf", content: bytes = b"%PDF") -> Any:
    upload = SimpleUploadedFile(name, content, "text/html")
    return client.post(f"/leads/{lead.pk}/anexos/", {"file": upload}, follow=True)


def opened(client: Client, attachment: Attachment) -> Any:
    path = f"/leads/{attachment.lead_id}/anexos/{attachment.pk}/"
    return client.get(path, follow=True)


def test_attachment_sent_by_its_broker_is_opened_by_who_sees_the_lead(
    client_of: ClientOf, broker: Person, manager: Person, lead: Lead
) -> None:
    page = send(client_of(broker), lead)

    attachment = Attachment.objects.get()
    assert (attachment.name, attachment.size) == ("escritura.pdf", 4)
    assert (attachment.lead, attachment.uploaded_by) == (lead, broker)
    assert "Anexo gravado." in page.content.decode()
    assert "escritura.pdf" in page.content.decode()
    for person in (broker, manager):
        response = opened(client_of(person), attachment)
        assert (response.status_code, response.getvalue()) == (200, b"%PDF")
        assert response["Content-Disposition"] == 'attachment; filename="escritura.pdf"'


def test_attachment_is_stored_under_a_name_that_says_nothing(
    client_of: ClientOf, broker: Person, lead: Lead
) -> None:
    send(client_of(broker), lead, "CPF de Joana.pdf")

    name = Attachment.objects.get().file.name
    assert name == default_storage.own_name(name)
    assert "Joana" not in name
    assert name.split("/")[2] == "leads"


def test_page_sent_as_an_attachment_is_never_shown(
    client_of: ClientOf, broker: Person, lead: Lead
) -> None:
    client = client_of(broker)
    page = send(client, lead, "a<b>.html", PAGE.encode()).content.decode()

    response = opened(client, Attachment.objects.get())

    assert "a<b>" not in page
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    response.close()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"x" * (LARGEST_ATTACHMENT_BYTES + 1), "mais de 10 MB", id="too large"),
        pytest.param(b"", "vazio", id="empty"),
    ],
)
def test_attachment_that_cannot_be_kept_is_refused(
    client_of: ClientOf, broker: Person, lead: Lead, content: bytes, message: str
) -> None:
    page = send(client_of(broker), lead, "a.bin", content)

    assert message in page.content.decode()
    assert not Attachment.objects.exists()
    assert default_storage.listdir("")[1] == []


def test_attachment_of_the_largest_size_is_kept(
    client_of: ClientOf, broker: Person, lead: Lead
) -> None:
    send(client_of(broker), lead, "a.bin", b"x" * LARGEST_ATTACHMENT_BYTES)

    assert Attachment.objects.get().size == LARGEST_ATTACHMENT_BYTES


def test_attachment_of_another_brokers_lead_is_as_absent_as_none(
    client_of: ClientOf, broker: Person, other_broker: Person, lead: Lead
) -> None:
    send(client_of(broker), lead)
    attachment = Attachment.objects.get()
    own = make_lead("Do Beto", other_broker)
    client = client_of(other_broker)

    answers = [
        send(client, lead),
        client.post(f"/leads/{lead.pk}/anexos/{attachment.pk}/remover/"),
        opened(client, attachment),
        client.get(f"/leads/{own.pk}/anexos/{attachment.pk}/"),
        client.get(f"/leads/{own.pk}/anexos/999999/"),
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {
        (404, answers[0].content)
    }
    assert Attachment.objects.get() == attachment


def test_link_of_an_attachment_is_for_who_asked(
    client_of: ClientOf, broker: Person, manager: Person, lead: Lead
) -> None:
    client = client_of(broker)
    send(client, lead)
    path = f"/leads/{lead.pk}/anexos/{Attachment.objects.get().pk}/"

    redirected = client.get(path)

    assert redirected.status_code == 302
    assert "no-store" in redirected["Cache-Control"]
    assert client_of(manager).get(redirected["Location"]).status_code == 404
    assert Client().get(redirected["Location"]).status_code == 404


def test_attachment_is_removed_by_who_sent_it_or_a_manager(
    client_of: ClientOf,
    broker: Person,
    manager: Person,
    lead: Lead,
    django_capture_on_commit_callbacks: Any,
) -> None:
    send(client_of(broker), lead, "de Ana.txt")
    send(client_of(manager), lead, "de Marta.txt")
    by_name = {attachment.name: attachment for attachment in Attachment.objects.all()}
    paths = {
        name: f"/leads/{lead.pk}/anexos/{found.pk}/remover/" for name, found in by_name.items()
    }

    with django_capture_on_commit_callbacks(execute=True):
        refused = client_of(broker).post(paths["de Marta.txt"])
        own = client_of(broker).post(paths["de Ana.txt"])
    left = [(found.name, default_storage.exists(found.file.name)) for found in by_name.values()]
    with django_capture_on_commit_callbacks(execute=True):
        client_of(manager).post(paths["de Marta.txt"])

    assert (refused.status_code, own.status_code) == (404, 302)
    assert sorted(left) == [("de Ana.txt", False), ("de Marta.txt", True)]
    assert not Attachment.objects.exists()
    assert not default_storage.exists(by_name["de Marta.txt"].file.name)


def test_files_of_a_lead_go_with_it(
    client_of: ClientOf, broker: Person, lead: Lead, django_capture_on_commit_callbacks: Any
) -> None:
    send(client_of(broker), lead)
    name = Attachment.objects.get().file.name

    with django_capture_on_commit_callbacks(execute=True):
        lead.delete()

    assert not default_storage.exists(name)


def test_page_offers_removal_to_who_may(
    client_of: ClientOf, broker: Person, manager: Person, lead: Lead
) -> None:
    send(client_of(manager), lead)

    pages = [
        client_of(person).get(f"/leads/{lead.pk}/").content.decode()
        for person in (manager, broker)
    ]

    assert ["Remover" in page for page in pages] == [True, False]


def test_sending_without_a_file_says_so(client_of: ClientOf, broker: Person, lead: Lead) -> None:
    page = client_of(broker).post(f"/leads/{lead.pk}/anexos/", {}, follow=True)

    assert "obrigatório" in page.content.decode()
    assert not Attachment.objects.exists()
