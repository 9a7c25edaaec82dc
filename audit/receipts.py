"""Receipts: one event's proof in a file that needs neither this database nor this software.

A receipt is a C2SP tlog-proof. Its extra data is the entry itself, so that one file is enough.
"""

from __future__ import annotations

from typing import Any

import psycopg

from audit.core.proofs import build_inclusion
from audit.core.receipts import Receipt, format_receipt
from audit.exceptions import AuditError
from audit.trees import hash_reader

__all__ = ["make_receipt", "newest_note"]

_BY_ID = """
    SELECT l.stream_id, l.incarnation, l.index, e.entry
    FROM audit.event e JOIN audit.leaf l ON l.event_row = e.id AND l.at = e.at
    WHERE e.event_id = %s
"""
_BY_PLACE = """
    SELECT l.stream_id, l.incarnation, l.index, e.entry
    FROM audit.leaf l
    JOIN audit.stream s ON s.id = l.stream_id
    JOIN audit.event e ON e.stream_id = l.stream_id AND e.at = l.at AND e.id = l.event_row
    WHERE s.name = %s AND l.index = %s ORDER BY l.incarnation DESC LIMIT 1
"""
_NOTE = """
    SELECT c.size, c.note, array(
        SELECT w.line FROM audit.cosignature w
        WHERE w.stream_id = c.stream_id AND w.incarnation = c.incarnation AND w.size = c.size
        ORDER BY w.witness)
    FROM audit.checkpoint c
    WHERE c.stream_id = %s AND c.incarnation = %s AND c.size > %s
    ORDER BY c.size DESC LIMIT 1
"""


def make_receipt(
    connection: psycopg.Connection[Any], *, event: str = "", stream: str = "", index: int = 0
) -> bytes:
    """The receipt of one event, by its id or by its place in a stream's newest tree.

    Raises:
        AuditError: there is no such event, or none that is under a checkpoint yet.
    """
    found = connection.execute(_BY_ID, [event]) if event else None
    row = (found or connection.execute(_BY_PLACE, [stream, index])).fetchone()
    if row is None:
        message = "no receipt: there is no such event in a tree. Needed: its id, or its place."
        raise AuditError(message)
    own_stream, incarnation, place, entry = row
    size, note = newest_note(connection, own_stream, incarnation, beyond=place)
    proof = build_inclusion(place, size, hash_reader(connection, own_stream, incarnation, size))
    receipt = Receipt(index=place, hashes=tuple(proof), checkpoint=note, extra=bytes(entry))
    return format_receipt(receipt)


def newest_note(
    connection: psycopg.Connection[Any], stream: int, incarnation: int, *, beyond: int = 0
) -> tuple[int, bytes]:
    """The size and the cosigned note of a tree's newest checkpoint.

    Raises:
        AuditError: there is none that is larger than `beyond`.
    """
    row = connection.execute(_NOTE, [stream, incarnation, beyond]).fetchone()
    if row is None:
        message = "no checkpoint covers this entry yet. Needed: audit_sequence."
        raise AuditError(message)
    size, note, lines = row
    return size, f"{note}{''.join(lines)}".encode()
