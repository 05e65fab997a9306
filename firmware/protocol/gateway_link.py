"""The gateway's side of A01, for one terminal. Bytes in, events out; no I/O, no clock."""

from collections import namedtuple

from firmware.protocol import frame, received, record
from firmware.protocol.challenge import ProofError, put_time, transcript_of
from firmware.protocol.channels import CHANNELS
from firmware.protocol.cipher import same
from firmware.protocol.errors import FrameError
from firmware.protocol.link import Link, Proved, Session
from firmware.protocol.seal import proof, session_keys

Hello = namedtuple("Hello", ("terminal_id", "nonce"))
Readings = namedtuple("Readings", ("readings",))
Gaps = namedtuple("Gaps", ("gaps",))

CHALLENGE_S = 30  # how long a challenge may wait for its answer


class GatewayLink(Link):
    """The gateway's side of one terminal. A new hello never displaces a proved session; only a new proof does."""

    def __init__(self, gateway_id, random):
        Link.__init__(self, random)
        self.gateway_id, self.terminal_id = gateway_id, None
        self._challenges = []
        self.key = None  # the one under which the terminal proved itself
        self._now_s = 0

    def next_event(self, now_s=0):
        """As for both sides; `now_s` is any steady clock in seconds: it ends challenges that wait too long."""
        self._now_s = now_s
        return Link.next_event(self)

    def _hello(self, body):
        terminal_id, at = frame.take_text(body)
        if len(body) != at + frame.NONCE:
            raise FrameError("frame_body", "hello of %d bytes" % len(body))
        return Hello(terminal_id, body[at:])

    def answer(self, hello, key, ts_ms):
        """The frame that proves us to a terminal whose gateway key is `key`. ts_ms None: our clock is not proved.

        While one key replaces another a hello is answered under each: the terminal takes the answer it can check.
        """
        nonce = self._random(frame.NONCE)
        transcript = transcript_of(hello.terminal_id, self.gateway_id, hello.nonce, nonce, ts_ms)
        self._challenges = [one for one in self._challenges if one[0] == hello]
        self._challenges.append((hello, key, transcript, self._now_s))
        body = frame.put_text(self.gateway_id) + nonce + put_time(ts_ms) + proof(key, b"gateway", transcript)
        return frame.pack(frame.ANSWER, body)

    def refuse(self, code):
        """A frame in the clear that says why nothing more will come; code from refusals.ERRORS."""
        return frame.pack(frame.REFUSAL, frame.put_text(code))

    def _proof(self, body):
        if not self._challenges:
            raise ProofError("proof_unexpected", self.terminal_id or "")
        challenges, self._challenges = self._challenges, []  # single use
        terminal_id, asked_s = challenges[0][0].terminal_id, challenges[0][3]
        if self._now_s - asked_s > CHALLENGE_S:
            raise ProofError("proof_late", terminal_id)
        for _hello, key, transcript, _asked_s in challenges:
            if same(body, proof(key, b"terminal", transcript)):
                up, down = session_keys(key, transcript)
                self.terminal_id, self.key, self._session = terminal_id, key, Session(down, up, self._random)
                return Proved(terminal_id, None)
        raise ProofError("proof_wrong", terminal_id)

    def _readings(self, opened):
        return Readings(received.unpack_readings(self.terminal_id, opened, CHANNELS))

    def _gaps(self, opened):
        return Gaps(received.unpack_gaps(opened))

    def _record(self, opened):
        return record.unpack(opened)

    def acknowledge(self, intervals):
        """A sealed frame that lets the terminal forget what is committed here: (first, last) pairs."""
        return self._seal(received.pack_ack(intervals))

    _steps = {frame.HELLO: _hello, frame.PROOF: _proof}
    _messages = {frame.READINGS: _readings, frame.GAPS: _gaps, record.RECORD: _record}
    _heard = "FROM_TERMINAL"
