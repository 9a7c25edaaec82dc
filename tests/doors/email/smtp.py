"""A mail server: takes everything, and remembers what came over which connection."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mail:
    sender: str
    recipients: list[str] = field(default_factory=list)
    text: str = ""


@dataclass
class MailServer:
    """`connections` has the mails of each connection, in the order they were opened."""

    port: int = 0
    connections: list[list[Mail]] = field(default_factory=list)

    @property
    def mails(self) -> list[Mail]:
        return [mail for mails in self.connections for mail in mails]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mails: list[Mail] = []
        self.connections.append(mails)
        writer.write(b"220 sink\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == "MAIL":
                mails.append(Mail(line.partition("<")[2].partition(">")[0]))
            elif verb == "RCPT":
                mails[-1].recipients.append(line.partition("<")[2].partition(">")[0])
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                mails[-1].text = (await reader.readuntil(b"\r\n.\r\n")).decode()
            writer.write(b"221 bye\r\n" if verb == "QUIT" else b"250 ok\r\n")
            if verb == "QUIT":
                break
        writer.close()


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server on a free port of this machine, in a thread of its own."""
    loop, sink = asyncio.new_event_loop(), MailServer()
    server = loop.run_until_complete(asyncio.start_server(sink.answer, "127.0.0.1", 0))
    sink.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()
