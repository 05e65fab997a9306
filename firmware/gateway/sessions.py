"""One A01 session per terminal: messages in, frames to answer with and readings out. No I/O."""

import logging
from collections import namedtuple

from firmware.protocol import gateway_link, link
from firmware.protocol.errors import FrameError, ProofError, ProtocolError
from firmware.protocol.gateway_link import GatewayLink

log = logging.getLogger("gateway")

Taken = namedtuple("Taken", ("frames", "readings", "gaps"))
# frames: bytes to send back at once; readings: [Reading], gaps: [Gap], both to be committed, then acknowledged

REFUSAL_EVERY_S = 5  # a terminal is told of a refusal at most so often
# Refusals that mean "begin again". The others may come from a repeated or foreign message and are only counted.
BEGIN_AGAIN = ("session_missing", "seal_wrong", "terminal_unknown", "terminal_mismatch", "proof_wrong", "proof_late")
ACK_INTERVALS = 200  # in one frame
LAST_SEQ = 2**56  # boot number of 32 bits, n of 24


class Sessions:
    """All sessions of a gateway. `keys` is a KeyTable, `count(terminal_id, code, text)` is told of every refusal."""

    def __init__(self, gateway_id, keys, count, random):
        self._gateway_id, self._keys, self._count, self._random = gateway_id, keys, count, random
        self._links, self._link_keys, self._told_s = {}, {}, {}

    def take(self, terminal_id, message, now_s, proved_ms):
        """What one message on a terminal's road holds. `proved_ms`: the time to tell, or None when it is unknown."""
        taken = Taken([], [], [])
        if self._keys.get(terminal_id) is None:
            self._refuse(terminal_id, ProofError("terminal_unknown", terminal_id), taken, now_s)
            return taken
        road = self._link(terminal_id)
        road.receive(message)
        while True:
            try:
                event = road.next_event(now_s)
                if event is None:
                    road.end_message()
                    return taken
                self._on(terminal_id, event, taken, proved_ms)
            except ProtocolError as error:
                self._refuse(terminal_id, error, taken, now_s)

    def acknowledge(self, terminal_id, pairs):
        """Frames that let a terminal forget intervals; none when its session is gone, then it asks again."""
        road = self._links.get(terminal_id)
        if road is None or not road.proved:
            return []
        parts = [pairs[at : at + ACK_INTERVALS] for at in range(0, len(pairs), ACK_INTERVALS)]
        return [road.acknowledge(part) for part in parts]

    def keys_changed(self):
        """End the sessions of terminals whose key is gone or another."""
        for terminal_id in list(self._links):
            if self._keys.get(terminal_id) != self._link_keys[terminal_id]:
                del self._links[terminal_id], self._link_keys[terminal_id]
                log.info("session of %s ended: its key was revoked or changed", terminal_id)

    def _link(self, terminal_id):
        if terminal_id not in self._links:
            self._links[terminal_id] = GatewayLink(self._gateway_id, self._random)
            self._link_keys[terminal_id] = self._keys.get(terminal_id)
        return self._links[terminal_id]

    def _on(self, terminal_id, event, taken, proved_ms):
        if isinstance(event, gateway_link.Hello):
            if event.terminal_id != terminal_id:
                raise ProofError("terminal_mismatch", f"hello of {event.terminal_id[:64]} on the road of {terminal_id}")
            taken.frames.append(self._links[terminal_id].answer(event, self._link_keys[terminal_id], proved_ms))
        elif isinstance(event, link.Proved):
            log.info("session of %s proved", terminal_id)
        elif isinstance(event, gateway_link.Readings):
            taken.readings.extend(event.readings)
        elif isinstance(event, gateway_link.Gaps):
            taken.gaps.extend(self._possible(event.gaps))
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
            self._told_s[terminal_id] = now_s
            taken.frames.append(GatewayLink(self._gateway_id, self._random).refuse(error.code))
