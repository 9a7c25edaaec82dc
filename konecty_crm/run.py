"""`make run`: everything set up, two demo agencies, served on this machine; again and again.

Starts the embedded server unless DATABASE_URL names another, and stops it at the end.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command
from rich.console import Console

from konecty_crm.embedded.server import EmbeddedServer

__all__ = ["main"]

_DATABASE = "konecty"


def main() -> int:
    """Set up, serve until Ctrl-C, stop; the exit status."""
    root = Path(__file__).resolve().parents[1]
    port = int(os.environ.get("PORT") or "8000")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "konecty_crm.settings.development")
    console = Console()
    server = _start(root, console)
    starter = os.getpid()
    try:
        django.setup()
        from konecty_crm.demo_set_up import print_log_ins, set_up  # noqa: PLC0415 -- needs apps
        from konecty_crm.serving import serve  # noqa: PLC0415 -- as above

        agencies = set_up(root / "fixtures" / "agencies", console)
        call_command("collectstatic", interactive=False, verbosity=0)
        print_log_ins(agencies, port, console)
        serve(port)
    except KeyboardInterrupt:
        pass
    finally:
        # The web server forks, and its workers leave through here as well.
        if server is not None and os.getpid() == starter:
            console.print("Stopping PostgreSQL …")
            server.stop()
    return 0


def _start(root: Path, console: Console) -> EmbeddedServer | None:
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_OWNER_URL"):
        return None
    server = EmbeddedServer(root)
    console.print("Starting PostgreSQL …")
    server.start()
    server.ensure_owner(_DATABASE)
    return server


if __name__ == "__main__":
    sys.exit(main())
