"""Error of the embedded server.

RuntimeError
└── EmbeddedServerError   what was wanted, what was found, what is needed
"""

from __future__ import annotations

__all__ = ["EmbeddedServerError"]


class EmbeddedServerError(RuntimeError):
    """The embedded server cannot do what was asked; the message says what is needed."""
