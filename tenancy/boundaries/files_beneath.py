"""Opening a file for reading where the kernel follows no link on the way.

Holds: what `opened_beneath` returns lies where its name says; a symbolic link anywhere below the
storage's own folder is refused by the kernel itself (openat2(2), RESOLVE_NO_SYMLINKS), so nobody
can put one in place between a check and the use. Does not hold: hard links and mounts; systems
without openat2, where the caller resolves the path first. Nothing to turn on:
`tenancy.boundaries.files` uses it for a plain `FileSystemStorage`.
"""

from __future__ import annotations

import ctypes
import functools
import io
import os
import sys

__all__ = ["opened_beneath"]

# The number is the same on every Linux that Python runs on, save for Alpha.
_OPENAT2 = 437
_AT_FDCWD = -100
_RESOLVE_NO_SYMLINKS = 0x04
_PATH_ENCODING = sys.getfilesystemencoding()


class _How(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


def opened_beneath(location: str, full: str) -> io.BufferedReader | None:
    """The file `location/full`, read-only; None if it could not be opened without links.

    None says nothing of why: the caller goes the slow way, which checks, and says it.
    """
    if _syscall is None:
        return None
    path = f"{_real(location)}/{full}".encode(_PATH_ENCODING, "surrogateescape")
    opened: int = _syscall(_OPENAT2, _AT_FDCWD, path, _READ_ONLY, _SIZE)
    if opened < 0:
        _real.cache_clear()
        return None
    try:
        return io.BufferedReader(io.FileIO(opened))
    except OSError:
        # A folder.
        os.close(opened)
        return None


@functools.lru_cache(maxsize=64)
def _real(location: str) -> str:
    # Links above the storage's folder are the operator's.
    return os.path.realpath(location)


def _system_call() -> ctypes._NamedFuncPointer | None:
    if sys.platform != "linux":
        return None
    call = ctypes.CDLL(None).syscall
    call.argtypes = [
        ctypes.c_long,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.POINTER(_How),
        ctypes.c_size_t,
    ]
    call.restype = ctypes.c_long
    return call


_syscall = _system_call()
_READ_ONLY = ctypes.pointer(
    _How(os.O_RDONLY | getattr(os, "O_CLOEXEC", 0), 0, _RESOLVE_NO_SYMLINKS)
)
_SIZE = ctypes.sizeof(_How)
