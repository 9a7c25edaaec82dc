"""A real S3 service on this machine: moto's HTTP server, in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tenancy.boundaries.files import TenantStorage

__all__ = ["bucket_storage", "is_installed", "new_bucket", "s3_server"]

_REGION = "us-east-1"
_NOBODY = "testing"


def is_installed() -> bool:
    return all(importlib.util.find_spec(name) for name in ("moto", "flask", "storages"))


@contextmanager
def s3_server() -> Iterator[str]:
    """The service's address, while it runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"},
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_served(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_served(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/moto-api/", timeout=5).close()  # noqa: S310 -- ours
        except OSError:
            time.sleep(0.1)
        else:
            return
    message = "the S3 service did not start"
    raise RuntimeError(message)


def new_bucket(address: str, name: str) -> None:
    import boto3  # noqa: PLC0415 -- not installed everywhere

    client: Any = boto3.client(
        "s3",
        endpoint_url=address,
        region_name=_REGION,
        aws_access_key_id=_NOBODY,
        aws_secret_access_key=_NOBODY,
    )
    client.create_bucket(Bucket=name)


def bucket_storage(address: str, name: str, **options: Any) -> TenantStorage:
    return TenantStorage(
        BACKEND="storages.backends.s3.S3Storage",
        OPTIONS={
            "bucket_name": name,
            "endpoint_url": address,
            "region_name": _REGION,
            "access_key": _NOBODY,
            "secret_key": _NOBODY,
            "location": "kept",
            **options,
        },
    )
