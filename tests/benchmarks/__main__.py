"""`python -m tests.benchmarks [--quick] [name …]`: runs the benchmarks, all or those named."""

from __future__ import annotations

import argparse

from tests.benchmarks import (
    cache,
    doors,
    files,
    guard,
    log,
    pool,
    provision,
    recording,
    request,
    tasks,
)

_ALL = {
    "cache": cache.main,
    "doors": doors.main,
    "files": files.main,
    "guard": guard.main,
    "log": log.main,
    "pool": pool.main,
    "provision": provision.main,
    "recording": recording.main,
    "request": request.main,
    "tasks": tasks.main,
}
_QUICK = 0.1


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(_ALL)}")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rounds: a look only")
    options = parser.parse_args()
    unknown = set(options.names) - set(_ALL)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(_ALL)}")
    for name in options.names or _ALL:
        _ALL[name](_QUICK if options.quick else 1.0)


if __name__ == "__main__":
    main()
