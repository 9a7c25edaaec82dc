"""Command line: `python -m konecty_crm.embedded start|stop|status|url|remove`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from konecty_crm.embedded.exceptions import EmbeddedServerError
from konecty_crm.embedded.server import EmbeddedServer

__all__ = ["main"]

_CHECKOUT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Run one action; 0 if all is well, 1 if it failed or (status) the server is not running."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    options = _parser().parse_args(arguments)
    server = EmbeddedServer(options.root, name=options.name, fast=options.fast)
    try:
        return _act(server, options.action, options.database)
    except EmbeddedServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m konecty_crm.embedded", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "status", "url", "remove"])
    parser.add_argument("--root", type=Path, default=_CHECKOUT, help="the checkout")
    parser.add_argument("--name", help="the server's directory in var/")
    parser.add_argument("--fast", action="store_true", help="no durability, for tests")
    parser.add_argument("--database", default="postgres", help="for url; with the superuser")
    return parser


def _act(server: EmbeddedServer, action: str, database: str) -> int:
    if action == "start":
        server.start()
    elif action == "stop":
        server.stop()
    elif action == "remove":
        server.remove()
        return 0
    running = server.is_running()
    if action == "url":
        sys.stdout.write(f"{server.superuser_url(database)}\n")
    else:
        state = "running" if running else "stopped"
        sys.stdout.write(f"{state}  {server.url('postgres')}  log: {server.log_file()}\n")
    return 1 if action == "status" and not running else 0


if __name__ == "__main__":
    sys.exit(main())
