"""Signatures: what Django signs with SECRET_KEY in one scope does not verify in another.

Holds: signed cookies, `django.core.signing`, password-reset and e-mail links, the hash that binds
a session to its password, messages in cookies, and whatever else reads `settings.SECRET_KEY` when
it signs, as Django's documentation of that setting asks: through `force_bytes`. What was signed
with `SECRET_KEY_FALLBACKS` or an older master key verifies until that is removed. No scope:
`NoTenantError`. The platform signs for itself. Does not hold: keys that a caller brings along
(`Signer(key=...)`), a copy of SECRET_KEY in another setting (`tenancy.E055` finds it), and a
signature shown again where it was made. A signature says only that it does not verify, so a
foreign one is not announced as such. Turned on by the app, before the apps that come after it are
imported: `settings.SECRET_KEY` becomes a `ScopedSecret`; nothing of Django is replaced. What was
signed before is void once; a library that encrypts with it needs a key of its own before that.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from typing import Any, overload

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.encoding import force_bytes
from typing_extensions import override

from tenancy import conf
from tenancy.keys import Purpose, key_for

__all__ = ["ScopedFallbacks", "ScopedSecret", "install"]


class ScopedSecret:
    """Stands for SECRET_KEY: another key in every scope, asked for each time it is used.

    Not a string, so that code which takes one apart in a way that is not known here fails. Its
    length is the project's own, and so is the number of different things in it, for Django's check
    of its strength; of the things themselves nothing can be made.

    Raises (`str`, `bytes`, `encode`, `+`):
        NoTenantError: there is no scope.
    """

    __slots__ = ("_secret", "_version")

    def __init__(self, secret: str | bytes, version: int | None = None) -> None:
        self._secret, self._version = force_bytes(secret), version

    @override
    def __str__(self) -> str:
        return self._here()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The current scope's key, as `str.encode` has it."""
        return self._here().encode(encoding, errors)

    def __bytes__(self) -> bytes:
        return self.encode()

    def __add__(self, other: str) -> str:
        return self._here() + other

    def __radd__(self, other: str) -> str:
        return other + self._here()

    @override
    def __repr__(self) -> str:
        return "<SECRET_KEY, another one in each scope>"

    def __len__(self) -> int:
        return len(self._secret)

    def __iter__(self) -> Iterator[object]:
        # Characters would be keys to libraries that take a list of keys, such as itsdangerous.
        return iter([object() for _ in set(self._secret)])

    def startswith(self, prefix: str) -> bool:
        """Whether the project's secret begins so; Django's check looks for `django-insecure-`."""
        return self._secret.startswith(prefix.encode())

    def is_copied_by(self, value: object) -> bool:
        """Whether `value` is the project's secret as it was written in the settings."""
        plain = isinstance(value, str | bytes)
        return plain and hmac.compare_digest(force_bytes(value), self._secret)

    def before(self, version: int) -> ScopedSecret:
        """The same secret under an older master key."""
        return ScopedSecret(self._secret, version)

    def _here(self) -> str:
        key = key_for(Purpose.SIGNING, version=self._version)
        return hmac.digest(key, self._secret, "sha256").hex()


class ScopedFallbacks(Sequence[ScopedSecret]):
    """Stands for SECRET_KEY_FALLBACKS: every other pair of a secret and a master key.

    The current secret under older master keys first, then each old secret under all of them.
    """

    def __init__(self, secret: ScopedSecret, older: Sequence[str | bytes]) -> None:
        self.secret, self.older = secret, tuple(older)

    @overload
    def __getitem__(self, index: int) -> ScopedSecret: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ScopedSecret]: ...
    @override
    def __getitem__(self, index: int | slice) -> ScopedSecret | Sequence[ScopedSecret]:
        return self._all()[index]

    @override
    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> tuple[ScopedSecret, ...]:
        known = conf.tenancy().master_keys
        versions = [version for version in sorted(known.keys) if version != known.current]
        olds = [ScopedSecret(old) for old in self.older]
        return (
            *(self.secret.before(version) for version in versions),
            *olds,
            *(old.before(version) for old in olds for version in versions),
        )


def install() -> None:
    """Put both in place of what the settings have; a second call changes nothing.

    Without a SECRET_KEY nothing is done: Django itself refuses to sign then.
    """
    # Any: to its stubs, Django's settings are what they are by default.
    held: Any = settings
    try:
        found = held.SECRET_KEY
    except ImproperlyConfigured:
        return
    if not isinstance(found, ScopedSecret):
        held.SECRET_KEY = ScopedSecret(found)
    older = held.SECRET_KEY_FALLBACKS
    if not isinstance(older, ScopedFallbacks):
        held.SECRET_KEY_FALLBACKS = ScopedFallbacks(held.SECRET_KEY, older)
    elif older.secret is not held.SECRET_KEY:
        held.SECRET_KEY_FALLBACKS = ScopedFallbacks(held.SECRET_KEY, older.older)


def _again(*, setting: str, **kwargs: Any) -> None:
    # Tests set these; what they set is bound to scopes as well.
    if setting in {"SECRET_KEY", "SECRET_KEY_FALLBACKS"}:
        install()


setting_changed.connect(_again, dispatch_uid="tenancy.boundaries.signing")
