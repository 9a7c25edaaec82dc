"""A witness on another machine, by C2SP tlog-witness over HTTP.

Its answer is believed only if it is a cosignature of its own key over the very checkpoint. What it
knows is asked for by C2SP's monitoring path, and where a witness has none, by its 409.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Sequence
from urllib.parse import quote

import httpx  # egress: to the log's own witnesses, with hashes and nothing of a customer

from audit.core.checkpoints import parse_checkpoint
from audit.core.errors import LogError
from audit.core.keys import VerifierKey
from audit.core.notes import format_note, open_note, parse_note
from audit.witness.errors import WitnessError, WitnessRefusedError, WitnessUnreachableError
from audit.witness.store import Known

__all__ = ["CHECKPOINT_PATH", "HttpWitness", "origin_path"]

CHECKPOINT_PATH = "/checkpoint/"
_SECONDS = 5.0
_MOST_BYTES = 65_536
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?")
_SECONDS_IN_ALL = 30.0
_KINDS = {400: "malformed", 403: "bad signature", 404: "unknown origin", 422: "forked"}


def origin_path(origin: str) -> str:
    """Where a witness keeps a log's last checkpoint: below `CHECKPOINT_PATH`, SHA-256 in hex."""
    return f"{CHECKPOINT_PATH}{quote(hashlib.sha256(origin.encode()).hexdigest())}"


class HttpWitness:
    """The witness at `url`, whose key is `verifier`; nothing of the environment is used."""

    def __init__(self, url: str, verifier: VerifierKey) -> None:
        self.url, self.verifier = url.rstrip("/"), verifier
        self._sizes: dict[str, Known] = {}

    @property
    def name(self) -> str:
        """The name of its key."""
        return self.verifier.name

    def known(self, origin: str) -> Known | None:
        """What it knows of a log; None if it knows nothing.

        Raises:
            WitnessUnreachableError: it did not answer, or with what its key did not sign.
        """
        response = self._asked("GET", origin_path(origin), b"")
        if response.status_code == httpx.codes.NOT_FOUND:
            return self._sizes.get(origin)
        if response.status_code != httpx.codes.OK:
            raise WitnessUnreachableError(f"{self.name} answered {response.status_code}")
        try:
            opened = open_note(response.content, [self.verifier])
            checkpoint = parse_checkpoint(opened.text)
        except LogError as error:
            raise WitnessUnreachableError(f"{self.name} answered no cosigned note") from error
        if checkpoint.origin != origin:
            raise WitnessUnreachableError(f"{self.name} answered for another log")
        return Known(size=checkpoint.size, root=checkpoint.root, note=response.text)

    def add(self, old: int, proof: Sequence[bytes], note: bytes) -> str:
        """Its cosignature's line for a checkpoint that continues what it knows.

        Raises:
            WitnessRefusedError: it does not continue it.
            WitnessUnreachableError: it did not answer, or with another signature.
        """
        hashes = "".join(f"{base64.b64encode(each).decode()}\n" for each in proof)
        body = f"old {old}\n{hashes}\n".encode() + note
        response = self._asked("POST", "/add-checkpoint", body)
        origin = parse_checkpoint(parse_note(note).text).origin
        if response.status_code == httpx.codes.OK:
            return self._believed(response.text, note)
        if response.status_code == httpx.codes.CONFLICT:
            raise self._conflict(response.text, old, note)
        if response.status_code == httpx.codes.BAD_REQUEST:
            self._require_no_rollback(old, note, origin)
        kind = _KINDS.get(response.status_code, "")
        if not kind:
            raise WitnessUnreachableError(f"{self.name} answered {response.status_code}")
        raise WitnessRefusedError(response.status_code, kind, origin=origin)

    def _require_no_rollback(self, old: int, note: bytes, origin: str) -> None:
        # C2SP answers "malformed" to an old size beyond the new one, whatever the reason is.
        size = parse_checkpoint(parse_note(note).text).size
        if old > size:
            raise WitnessRefusedError(400, "rolled back", origin=origin, size=old)

    def _conflict(self, text: str, old: int, note: bytes) -> WitnessError:
        """A 409: the size that the witness knows, or another root of the same size."""
        if not _SIZE.fullmatch(text):
            return WitnessUnreachableError(f"{self.name} answered 409 without a size")
        size, new = int(text), parse_checkpoint(parse_note(note).text)
        if size == old:
            return WitnessRefusedError(409, "forked", origin=new.origin, size=size)
        kind = "rolled back" if new.size < size else "out of date"
        if kind == "out of date":
            # For a witness that cannot be asked what it knows: its size, without a root.
            self._sizes[new.origin] = Known(size=size, root=b"", note="")
        return WitnessRefusedError(409, kind, origin=new.origin, size=size)

    def _believed(self, lines: str, note: bytes) -> str:
        text = parse_note(note).text
        try:
            signed = parse_note(f"{text}\n{lines}".encode())
            open_note(format_note(signed), [self.verifier])
        except LogError as error:
            message = f"{self.name} answered with no cosignature of its own"
            raise WitnessUnreachableError(message) from error
        identity = self.verifier.name, self.verifier.key_id
        # A witness may sign with several keys of one name; only this one was verified.
        return next(s.line() for s in signed.signatures if (s.name, s.key_id) == identity)

    def _asked(self, method: str, path: str, body: bytes) -> httpx.Response:
        try:
            with (
                httpx.Client(trust_env=False, timeout=_SECONDS) as client,
                client.stream(method, self.url + path, content=body) as response,
            ):
                content, until = b"", time.monotonic() + _SECONDS_IN_ALL
                for part in response.iter_bytes():
                    content += part
                    if len(content) > _MOST_BYTES or time.monotonic() > until:
                        raise WitnessUnreachableError(
                            f"{self.name} answered too much, or too slowly"
                        )
            return httpx.Response(response.status_code, content=content)
        except httpx.HTTPError as error:
            message = f"{self.name} did not answer: {type(error).__name__}"
            raise WitnessUnreachableError(message) from error
