"""Serves the CRM from this process: one worker with threads, on this machine only."""

from __future__ import annotations

from typing import Any

from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication
from typing_extensions import override

__all__ = ["serve"]

_THREADS = 8


class _Server(BaseApplication):
    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__()

    @override
    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"127.0.0.1:{self.port}",
            "workers": 1,
            "threads": _THREADS,
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    @override
    def load(self) -> Any:
        # Called in the worker. Made any earlier, WhiteNoise would not see what was collected.
        return get_wsgi_application()


def serve(port: int) -> None:
    """Serve until a signal stops it; then gunicorn leaves with SystemExit."""
    _Server(port).run()
