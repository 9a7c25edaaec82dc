"""Addresses: which are refused, that a name is asked for once, and that TLS keeps its name."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tenancy.boundaries import egress, egress_address
from tenancy.boundaries.egress_address import is_forbidden
from tenancy.exceptions import EgressRefusedError
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced
from tests.doors.egress.servers import Server, serving

ALWAYS = [
    "0.0.0.0",  # noqa: S104 -- an address to refuse
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
    "::",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "168.63.129.16",
    "2002:a9fe:a9fe::1",
    "240.0.0.1",
]
PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
]
WRAPPED = ["64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::1", "::7f00:1"]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"]


@pytest.mark.parametrize("address", ALWAYS)
def test_address_of_machinery_is_always_refused(address: str) -> None:
    assert [is_forbidden(address, private=private) for private in (False, True)] == [True, True]


@pytest.mark.parametrize("address", [*PRIVATE, *WRAPPED])
def test_private_address_is_refused_unless_admitted(address: str) -> None:
    assert is_forbidden(address, private=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.0.1", "::1", "fc00::1"])
def test_private_address_of_an_own_service_passes(address: str) -> None:
    assert not is_forbidden(address, private=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_passes(address: str) -> None:
    assert not is_forbidden(address, private=False)


@pytest.mark.attack
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_loopback_plain_client_reaches_it_and_ours_refuses(
    committed: TestTenants, processor: Callable[..., None], allowed: Server, host: str
) -> None:
    url = f"http://{host}:{allowed.port}"
    with httpx.Client(trust_env=False) as plain:
        off = plain.get(url).status_code
    processor(hosts=[url], private=False)
    allowed.seen.clear()

    with as_tenant(committed.default), egress.client("llm", "service") as ours:  # noqa: SIM117 -- the actor, then the act
        with pytest.raises(EgressRefusedError) as refusal:
            ours.get(url)

    assert (off, refusal.value.reason, allowed.seen) == (200, "egress:address:refused", [])


@contextmanager
def names(*answers: list[str]) -> Iterator[list[str]]:
    """Names whose answers change from one question to the next."""
    asked: list[str] = []

    def lookup(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    with replaced(egress_address, "_lookup", lookup):
        yield asked


@pytest.mark.attack
def test_name_that_changes_its_address_is_connected_to_as_checked(
    committed: TestTenants, processor: Callable[..., None], allowed: Server
) -> None:
    with serving("127.0.0.2", allowed.port) as inner:
        url = f"http://api.processor.test:{allowed.port}"
        processor(hosts=[url])
        with names(["127.0.0.1"], ["127.0.0.2"]) as asked:
            # Off: look, then let the client look again.
            egress_address._lookup("api.processor.test", 80)
            again = egress_address._lookup("api.processor.test", 80)
            with httpx.Client(trust_env=False) as plain:
                plain.get(f"http://{again[0]}:{allowed.port}")
            off = len(inner.seen)
            inner.seen.clear()
            asked.clear()
            with as_tenant(committed.default), egress.client("llm", "service") as ours:
                ours.get(url)

        host = allowed.seen[0][1]["host"]
        assert (off, inner.seen, len(asked)) == (1, [], 1)
        assert host == f"api.processor.test:{allowed.port}"


@pytest.mark.attack
def test_name_with_one_private_address_among_public_ones_is_refused(
    committed: TestTenants, processor: Callable[..., None]
) -> None:
    processor(hosts=["api.processor.test"], private=False)

    with names(["8.8.8.8", "127.0.0.1"]), as_tenant(committed.default):  # noqa: SIM117 -- the actor, then the act
        with egress.client("llm", "service") as ours, pytest.raises(EgressRefusedError) as refusal:
            ours.get("https://api.processor.test")

    assert refusal.value.reason == "egress:address:refused"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of `api.processor.test`, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.processor.test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("api.processor.test")]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "processor.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(
    ("name", "trusted", "outcome"),
    [
        ("api.processor.test", True, 200),
        ("api.processor.test", False, "ConnectError"),
        ("other.processor.test", True, "ConnectError"),
    ],
)
def test_tls_verifies_the_name_at_the_pinned_address(  # noqa: PLR0913, PLR0917 -- a table
    committed: TestTenants,
    processor: Callable[..., None],
    certificate: Path,
    name: str,
    trusted: bool,  # noqa: FBT001 -- a parameter
    outcome: object,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(tls=context) as server, names(["127.0.0.1"]):
        ca_file = str(certificate) if trusted else ""
        processor(hosts=[f"*.processor.test:{server.port}"], ca_file=ca_file)
        with as_tenant(committed.default), egress.client("llm", "service") as ours:
            try:
                found: object = ours.get(f"https://{name}:{server.port}").status_code
            except httpx.ConnectError as error:
                found = type(error).__name__

    assert found == outcome
