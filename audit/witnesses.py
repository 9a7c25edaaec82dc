"""The witnesses that the AUDIT setting names."""

from __future__ import annotations

from pathlib import Path

from audit.conf import AuditSettings
from audit.core.keys import VerifierKey
from audit.exceptions import ConfigurationError
from audit.signing_keys import load_key, load_keys
from audit.witness.client import FileWitness, Witness
from audit.witness.http import HttpWitness

__all__ = ["configured"]


def configured(settings: AuditSettings) -> list[Witness]:
    """The file witness, if `WITNESS_FILE` is set, and those of `WITNESS_URLS`.

    Raises:
        ConfigurationError: a key cannot be read, or a line is no `<verifier key> <url>`.
    """
    found: list[Witness] = []
    if settings.witness_file:
        key = load_key(Path(settings.witness_key))
        found.append(FileWitness(Path(settings.witness_file), key, load_keys(settings)))
    for line in settings.witness_urls:
        text, space, url = line.partition(" ")
        if not space or not url.startswith(("http://", "https://")):
            message = f"AUDIT['WITNESS_URLS'] has {line!r}. Needed: '<verifier key> <url>'."
            raise ConfigurationError(message)
        found.append(HttpWitness(url, VerifierKey.parse(text)))
    return found
