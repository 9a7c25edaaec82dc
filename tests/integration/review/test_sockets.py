"""A forked child lets go of a socket, and its number is not given to anybody else meanwhile."""

from __future__ import annotations

import os
import socket

from tenancy.sockets import let_go


def test_socket_let_go_stays_taken_and_its_other_end_hears_nothing() -> None:
    ours, theirs = socket.socketpair()
    kept = os.dup(ours.fileno())
    number = ours.fileno()

    let_go(number)
    os.write(number, b"X")

    newcomer = os.open(os.devnull, os.O_RDONLY)
    theirs.settimeout(0)
    try:
        heard = theirs.recv(1)
    except BlockingIOError:
        heard = b""
    assert newcomer != number
    assert heard == b""
    for fd in (newcomer, kept):
        os.close(fd)
    ours.close()
    theirs.close()
