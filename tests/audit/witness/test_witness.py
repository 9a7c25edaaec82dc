"""A witness in a process of its own: what it cosigns, what it refuses, what it remembers."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from audit.core.checkpoints import Checkpoint
from audit.core.keys import VerifierKey
from audit.core.merkle import leaf_hash, root_of
from audit.core.notes import add_signatures, format_note, open_note, parse_note
from audit.core.proofs import build_consistency
from audit.core.signing import SigningKey, sign_checkpoint
from audit.witness.errors import WitnessError, WitnessRefusedError, WitnessUnreachableError
from audit.witness.http import HttpWitness
from tests.audit.witness_process import RunningWitness, witness

_ORIGIN = "log.example/audit/abc"
_LOG = SigningKey.from_seed(_ORIGIN, b"\1" * 32)
_STRANGER = SigningKey.from_seed(_ORIGIN, b"\2" * 32)


def _leaves(count: int, kind: str = "") -> list[bytes]:
    return [leaf_hash(f"{kind}{number}".encode()) for number in range(count)]


def _note(size: int, kind: str = "", *, key: SigningKey = _LOG, origin: str = _ORIGIN) -> bytes:
    checkpoint = Checkpoint(origin=origin, size=size, root=root_of(_leaves(size, kind)))
    return sign_checkpoint(checkpoint, key.under(origin))


def _proof(old: int, new: int, kind: str = "") -> tuple[bytes, ...]:
    leaves = _leaves(new, kind)
    return build_consistency(
        old, new, lambda wanted: [root_of(leaves[i << n : (i + 1) << n]) for n, i in wanted]
    )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningWitness]:
    with witness(tmp_path, [_LOG.verifier().text()]) as found:
        yield found


@pytest.fixture
def client(running: RunningWitness) -> HttpWitness:
    """A witness that knows the log with nine entries."""
    found = HttpWitness(running.url, VerifierKey.parse(running.verifier))
    found.add(0, (), _note(5))
    found.add(5, _proof(5, 9), _note(9))
    return found


def test_checkpoint_that_continues_the_log_is_cosigned(
    client: HttpWitness, running: RunningWitness
) -> None:
    line = client.add(9, _proof(9, 12), _note(12))

    note = parse_note(_note(12))
    signed = parse_note(f"{note.text}\n{line}".encode())
    cosigned = format_note(add_signatures(note, *signed.signatures))
    (verified,) = open_note(cosigned, [VerifierKey.parse(running.verifier)]).verified
    known = client.known(_ORIGIN)
    assert verified.at is not None
    assert known is not None
    assert (known.size, known.root) == (12, root_of(_leaves(12)))


REFUSED = {
    "rolled back": (3, lambda: _proof(3, 5), lambda: _note(5), (409, "rolled back", 9)),
    "rolled back, from what it knows": (
        9,
        lambda: (),
        lambda: _note(5),
        (400, "rolled back", 9),
    ),
    "out of date": (5, lambda: _proof(5, 12), lambda: _note(12), (409, "out of date", 9)),
    "forked": (
        9,
        lambda: _proof(9, 12, "x"),
        lambda: _note(12, "x"),
        (422, "forked", None),
    ),
    "another root of the same size": (9, lambda: (), lambda: _note(9, "x"), (409, "forked", 9)),
    "another key": (
        9,
        lambda: _proof(9, 12),
        lambda: _note(12, key=_STRANGER),
        (403, "bad signature", None),
    ),
    "unknown log": (
        0,
        lambda: (),
        lambda: _note(3, origin="log.example/else"),
        (404, "unknown origin", None),
    ),
    "a hash of another length": (
        9,
        lambda: (b"123",),
        lambda: _note(12),
        (400, "malformed", None),
    ),
    "too many hashes": (9, lambda: (b"1" * 32,) * 64, lambda: _note(12), (400, "malformed", None)),
}


@pytest.mark.attack
@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_continue_the_log_is_refused(client: HttpWitness, name: str) -> None:
    old, proof, note, expected = REFUSED[name]

    with pytest.raises(WitnessRefusedError) as caught:
        client.add(old, proof(), note())

    known = client.known(_ORIGIN)
    assert (caught.value.status, caught.value.kind, caught.value.size) == expected
    assert known is not None
    assert known.size == 9


def test_later_incarnation_of_the_log_is_watched_too(client: HttpWitness) -> None:
    client.add(0, (), _note(3, origin=f"{_ORIGIN}/2"))

    known = client.known(f"{_ORIGIN}/2")
    assert known is not None
    assert known.size == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"hello", 400),
        (b"old 09\n\n" + _note(12), 400),
        (b"old -1\n\n" + _note(12), 400),
        (b"old 9\nnot base64!\n\n" + _note(12), 400),
        (b"x" * 200_000, 400),
    ],
)
def test_malformed_request_is_refused(
    client: HttpWitness, running: RunningWitness, body: bytes, status: int
) -> None:
    response = httpx.post(f"{running.url}/add-checkpoint", content=body, trust_env=False)

    assert response.status_code == status


def test_other_size_is_answered_as_the_protocol_says(
    client: HttpWitness, running: RunningWitness
) -> None:
    body = b"old 1\n\n" + _note(12)

    response = httpx.post(f"{running.url}/add-checkpoint", content=body, trust_env=False)

    found = (response.status_code, response.headers["content-type"], response.text)
    assert found == (409, "text/x.tlog.size", "9\n")


def test_of_updates_at_once_exactly_one_wins(client: HttpWitness, running: RunningWitness) -> None:
    outcomes: list[str] = []

    def update() -> None:
        own = HttpWitness(running.url, VerifierKey.parse(running.verifier))
        try:
            own.add(9, _proof(9, 12), _note(12))
            outcomes.append("won")
        except WitnessRefusedError as error:
            outcomes.append(error.kind)

    threads = [threading.Thread(target=update) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["out of date"] * 5 + ["won"]


def test_killed_witness_never_forgets_what_it_cosigned(tmp_path: Path) -> None:
    last = 0
    for _round in range(4):
        with witness(tmp_path, [_LOG.verifier().text()]) as running:
            own = HttpWitness(running.url, VerifierKey.parse(running.verifier))
            known = own.known(_ORIGIN)
            assert (known.size if known else 0) >= last
            size = known.size if known else 0
            threading.Timer(0.25, running.process.send_signal, [signal.SIGKILL]).start()
            last = _grow_until_it_is_killed(own, size)
    assert last > 0


def _grow_until_it_is_killed(own: HttpWitness, size: int) -> int:
    """The last size that was cosigned."""
    while True:
        try:
            own.add(size, _proof(size, size + 1) if size else (), _note(size + 1))
        except WitnessUnreachableError:
            return size
        size += 1


def test_witness_that_never_saw_the_log_cosigns_the_fork(tmp_path: Path) -> None:
    with witness(tmp_path, [_LOG.verifier().text()]) as fresh:
        own = HttpWitness(fresh.url, VerifierKey.parse(fresh.verifier))

        own.add(0, (), _note(12, "x"))

        known = own.known(_ORIGIN)
        assert known is not None
        assert known.root == root_of(_leaves(12, "x"))


def test_server_that_is_no_witness_is_not_believed(tmp_path: Path, client: HttpWitness) -> None:
    stranger = SigningKey.from_seed("customer.example/witness", b"\3" * 32)
    other = HttpWitness(client.url, stranger.verifier())

    with pytest.raises(WitnessError):
        other.known(_ORIGIN)


@pytest.mark.parametrize("arguments", [["--log", "nonsense"], ["--key", "/nowhere/key"]])
def test_witness_that_cannot_start_says_why(tmp_path: Path, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "audit.witness", "--store", str(tmp_path / "s")]
    given = {"--log": _LOG.verifier().text(), "--key": str(tmp_path / "key")}
    given[arguments[0]] = arguments[1]
    extra = ["--new-key", "w.example"] if arguments[0] == "--log" else []

    done = subprocess.run(
        [*command, *extra, *(part for pair in given.items() for part in pair)],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert (done.returncode, done.stderr.startswith("the witness does not start")) == (1, True)


def test_keys_file_is_the_users_alone(tmp_path: Path) -> None:
    with witness(tmp_path, [_LOG.verifier().text()]):
        assert (tmp_path / "witness.key").stat().st_mode & 0o777 == 0o600
