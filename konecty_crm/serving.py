"""Serves the CRM from this process: one worker with threads, on this machine only."""

from __future__ import annotations

import os
import signal
from typing import Any

from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication
from typing_extensions import override

__all__ = ["serve"]

_THREADS = 8


class _Server(BaseApplication):
    def __init__(self, port: int) -> None:
        self.port = port
        self.outlives_terminal = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        super().__init__()

    @override
    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"127.0.0.1:{self.port}",
            "workers": 1,
            "threads": _THREADS,
            "loglevel": "warning",
            "control_socket_disable": True,
            "when_ready": lambda _server: self._end_with_terminal(),
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    @override
    def load(self) -> Any:
        # Called in the worker. Made any earlier, WhiteNoise would not see what was collected.
        return get_wsgi_application()

    def _end_with_terminal(self) -> None:
        # gunicorn reloads on SIGHUP; here it says that the terminal was closed. Not under nohup.
        if self.outlives_terminal:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        else:
            signal.signal(signal.SIGHUP, lambda *_given: os.kill(os.getpid(), signal.SIGTERM))


def serve(port: int) -> None:
    """Serve until a signal stops it; then gunicorn leaves with SystemExit."""
    _Server(port).run()
