"""The sequencer in a test: until nothing is left, and shown to the witnesses."""

from __future__ import annotations

from audit import conf
from audit.connect import connect
from audit.roles import Role
from audit.sequencing.rounds import Sequencer
from audit.sequencing.witnessing import Witnessing
from audit.signing_keys import load_keys

__all__ = ["sequence"]


def sequence() -> int:
    """Give every event its place; how many there were."""
    settings, count = conf.audit(), 0
    with connect(Role.SEQUENCER) as connection:
        sequencer = Sequencer(connection, keys=load_keys(settings), origin=settings.origin)
        witnessing = Witnessing(connection, settings)
        while (done := sequencer.round()).events:
            count += done.events
            witnessing.show(done.trees)
    return count
