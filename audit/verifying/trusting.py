"""Whose signatures count: the keys that this process is configured with, never the database's."""

from __future__ import annotations

from pathlib import Path

from audit.conf import AuditSettings
from audit.core.checkpoints import Trust
from audit.core.keys import VerifierKey
from audit.signing_keys import load_key, load_keys

__all__ = ["trust_of"]


def trust_of(settings: AuditSettings, origin: str) -> Trust:
    """The log's own keys under a tree's origin, earlier ones too, and its witnesses.

    `AUDIT["VERIFIER_KEYS"]` are public keys that signed before a rotation, or all of them where
    the private ones are elsewhere; each counts under every origin of the log.
    """
    own = (
        [key.under(origin).verifier() for key in load_keys(settings)]
        if (settings.signing_keys)
        else []
    )
    earlier = [VerifierKey.parse(text) for text in settings.verifier_keys]
    own += [VerifierKey(name=origin, kind=key.kind, public=key.public) for key in earlier]
    witnesses = [VerifierKey.parse(line.partition(" ")[0]) for line in settings.witness_urls]
    if settings.witness_key and Path(settings.witness_key).exists():
        witnesses.append(load_key(Path(settings.witness_key)).verifier())
    unique = {key.public: key for key in own}
    return Trust(origin=origin, log_keys=tuple(unique.values()), witness_keys=tuple(witnesses))
