"""`python -m audit.witness`: run a witness for the logs that are named."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import threading
import time
from pathlib import Path

from audit.core.errors import LogError, MalformedError
from audit.core.keys import Kind, VerifierKey
from audit.core.signing import SigningKey
from audit.witness.judging import Judge, watched
from audit.witness.server import WitnessServer
from audit.witness.store import Store

__all__ = ["main"]


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; the exit status."""
    options = _parser().parse_args()
    try:
        if options.new_key:
            _make_key(options.key, options.new_key)
        key = SigningKey.parse(options.key.read_text(encoding="ascii").strip())
        _require_kinds(key, options.log)
        logs: dict[str, list[VerifierKey]] = {}
        for each in options.log:
            verifier = VerifierKey.parse(each)
            logs.setdefault(verifier.name, []).append(verifier)
    except (LogError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"the witness does not start: {error}\n")
        return 1
    host, _, port = options.listen.rpartition(":")
    judge = Judge(
        store=Store(options.store), key=key, keys_of=watched(logs), clock=lambda: int(time.time())
    )
    server = WitnessServer((host or "127.0.0.1", int(port)), judge)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: threading.Thread(target=server.shutdown).start())
    sys.stdout.write(f"{key.verifier().text()} http://{host}:{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()
    return 0


def _require_kinds(key: SigningKey, logs: list[str]) -> None:
    kinds = {VerifierKey.parse(each).kind for each in logs}
    if key.kind is not Kind.WITNESS or kinds != {Kind.LOG}:
        needed = "a witness's key (--new-key makes one), and logs' verifier keys"
        raise MalformedError("these keys", "one of another kind", needed)


def _make_key(path: Path, name: str) -> None:
    key = SigningKey.from_seed(name, secrets.token_bytes(32), kind=Kind.WITNESS)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.private_text() + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m audit.witness", description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:7946", help="address:port")
    parser.add_argument("--store", type=Path, required=True, help="its memory, a file")
    parser.add_argument("--key", type=Path, required=True, help="its private key, a file")
    parser.add_argument("--new-key", metavar="NAME", help="make the key's file first")
    parser.add_argument(
        "--log",
        action="append",
        required=True,
        metavar="VERIFIERKEY",
        help="a log's verifier key; its name is the log's origin (repeatable)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
