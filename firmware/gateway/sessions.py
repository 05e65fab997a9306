"""One A01 session per terminal: messages in, frames to answer with and readings out. No I/O.

Every road a terminal is heard on has a link of its own, so that a hello on one disturbs nothing on another; the one it
proved itself on last is the road it is on.
"""

import logging
from collections import namedtuple
from contextlib import suppress

from firmware.gateway.flood import NAMES_MOST, Buckets
from firmware.protocol import gateway_link
from firmware.protocol.challenge import ProofError
from firmware.protocol.errors import FrameError, ProtocolError
from firmware.protocol.gateway_link import GatewayLink
from firmware.protocol.link import Proved
from firmware.protocol.message import Result, Status, Want
from firmware.protocol.record import Record

log = logging.getLogger("gateway")

Taken = namedtuple("Taken", ("frames", "readings", "gaps", "records", "words"))
# frames: bytes to send back at once; readings: [Reading], gaps: [Gap], records: [Record], to be committed, then
# acknowledged
# words: Proved, Status, Result, Want, for the fleet

REFUSAL_EVERY_S = 5  # a terminal is told of a refusal at most so often
# Refusals that mean "begin again". The others may come from a repeated or foreign message and are only counted.
BEGIN_AGAIN = ("session_missing", "seal_wrong", "terminal_unknown", "terminal_mismatch", "proof_wrong", "proof_late")
ACK_INTERVALS = 200  # in one frame
LAST_SEQ = 2**56  # boot number of 32 bits, n of 24
HELLOS_PER_S = 2  # that are answered, of one terminal on one road: each costs us a proof
REFUSED_MOST = 16  # frames of one message; the rest of it is not looked at


class Sessions:
    """All sessions of a gateway. `keys` is a KeyTable, `count(terminal_id, code, text)` is told of every refusal."""

    def __init__(self, gateway_id, keys, count, random):
        self._gateway_id, self._keys, self._count, self._random = gateway_id, keys, count, random
        self._links, self._link_keys, self._told_s = {}, {}, {}  # links: {terminal id: {road: GatewayLink}}
        self._hellos = Buckets(HELLOS_PER_S)

    def take(self, letter, now_s, proved_ms):
        """What a Letter of the roads holds. `proved_ms`: the time to tell, or None when it is unknown."""
        taken, terminal_id = Taken([], [], [], [], []), letter.terminal_id
        if self._keys.get(terminal_id) is None:
            self._refuse(terminal_id, ProofError("terminal_unknown", terminal_id), taken, now_s)
            return taken
        link = self._link(terminal_id, letter.road)
        link.receive(letter.message)
        refused = 0
        while True:
            try:
                event = link.next_event(now_s)
                if event is None:
                    link.end_message()
                    return taken
                self._on(letter, link, event, taken, now_s, proved_ms)
            except ProtocolError as error:
                self._refuse(terminal_id, error, taken, now_s)
                refused += 1
                if refused == REFUSED_MOST:
                    self._count(terminal_id, "flood_frames", f"{REFUSED_MOST} frames of one message are refused")
                    with suppress(FrameError):  # that something was left is the reason
                        link.end_message()

    def road_of(self, terminal_id):
        """The road on which a terminal has proved itself, or None."""
        return self._proved(terminal_id)[0]

    def acknowledge(self, terminal_id, pairs):
        """Frames that let a terminal forget intervals; none when its session is gone, then it asks again."""
        _road, link = self._proved(terminal_id)
        if link is None:
            return []
        parts = [pairs[at : at + ACK_INTERVALS] for at in range(0, len(pairs), ACK_INTERVALS)]
        return [link.acknowledge(part) for part in parts]

    def say(self, terminal_id, event):
        """Frames that carry a Command, Offer or Chunk to a terminal; none when its session is gone."""
        _road, link = self._proved(terminal_id)
        return [] if link is None else [link.send(event)]

    def here(self):
        """The ids of terminals that have proved themselves."""
        return {terminal_id for terminal_id in self._links if self.road_of(terminal_id) is not None}

    def rotated(self):
        """[(terminal id, number)] of rotations whose terminal has proved itself under the next key."""
        found = [(terminal_id, *self._keys.next_of(terminal_id)) for terminal_id in self._keys.rotating()]
        proved = [(terminal_id, number, key, self._proved(terminal_id)[1]) for terminal_id, number, key in found]
        return [(terminal_id, number) for terminal_id, number, key, link in proved if link and link.key == key]

    def _proved(self, terminal_id):
        links = self._links.get(terminal_id, {})
        return next(((road, link) for road, link in links.items() if link.proved), (None, None))

    def keys_changed(self):
        """End the sessions of terminals whose key is gone or another. A newer key asks for a new proof, too."""
        for terminal_id in list(self._links):
            keys, (_road, link) = self._keys.all_of(terminal_id), self._proved(terminal_id)
            stays = keys[:1] == [link.key] if link else keys == self._link_keys[terminal_id]
            if not stays:
                del self._links[terminal_id], self._link_keys[terminal_id]
                log.info("session of %s ended: its key was revoked or changed", terminal_id)

    def _link(self, terminal_id, road):
        if terminal_id not in self._links:
            self._links[terminal_id], self._link_keys[terminal_id] = {}, self._keys.all_of(terminal_id)
        links = self._links[terminal_id]
        if road not in links:
            links[road] = GatewayLink(self._gateway_id, self._random)
        return links[road]

    def _on(self, letter, link, event, taken, now_s, proved_ms):
        terminal_id = letter.terminal_id
        if isinstance(event, gateway_link.Hello):
            if event.terminal_id != terminal_id:
                raise ProofError("terminal_mismatch", f"hello of {event.terminal_id[:64]} on the road of {terminal_id}")
            if self._hellos.lacks((terminal_id, letter.road), (1,), now_s) is not None:
                self._count(terminal_id, "flood_hellos", "too many without a proof")
                return
            taken.frames.extend(link.answer(event, key, proved_ms) for key in self._keys.all_of(terminal_id))
        elif isinstance(event, Proved):
            self._links[terminal_id] = {letter.road: link}  # whatever it said elsewhere is over
            log.info("session of %s proved", terminal_id)
            taken.words.append(event)
        elif isinstance(event, gateway_link.Readings):
            taken.readings.extend(event.readings)
        elif isinstance(event, gateway_link.Gaps):
            taken.gaps.extend(self._possible(event.gaps))
        elif isinstance(event, Record):
            taken.records.append(event)
        elif isinstance(event, Status | Result | Want):
            taken.words.append(event)
        else:
            raise FrameError("frame_type", f"{type(event).__name__} is not taken here")

    def _possible(self, gaps):
        for gap in gaps:
            if gap.to_seq >= LAST_SEQ:
                raise FrameError("frame_body", f"gap {gap.from_seq}-{gap.to_seq} ends beyond any reading")
        return gaps

    def _refuse(self, terminal_id, error, taken, now_s):
        self._count(terminal_id, error.code, str(error))
        due_s = self._told_s.get(terminal_id, -REFUSAL_EVERY_S) + REFUSAL_EVERY_S
        if error.code in BEGIN_AGAIN and now_s >= due_s:
            if len(self._told_s) >= NAMES_MOST:  # on a cable a name is anything
                del self._told_s[next(iter(self._told_s))]
            self._told_s[terminal_id] = now_s
            taken.frames.append(GatewayLink(self._gateway_id, self._random).refuse(error.code))
