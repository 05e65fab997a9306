"""One A01 session as a state machine: prove each other, then sealed frames. Bytes in, events out; no I/O, no clock.

Here is what both sides share, and the terminal's side; the gateway's stands in gateway_link.py, which no board loads.

The terminal says hello; the gateway answers with its proof; the terminal checks it and sends its own; from then on
both seal. A reading can only be packed after the proof was checked: `send_readings` raises NotProved before.
An event is a tuple from the list below, None means that more bytes are needed, a ProtocolError is the peer's fault:
the frame is gone, the link goes on.
"""

import struct
from collections import namedtuple

from firmware.protocol import frame
from firmware.protocol.cipher import Sealer, Window
from firmware.protocol.errors import FrameError, NotProved, SealError

Proved = namedtuple("Proved", ("peer_id", "ts_ms"))  # ts_ms: the gateway's proved time, or None if it knows none
Acknowledged = namedtuple("Acknowledged", ("intervals",))
Refused = namedtuple("Refused", ("code",))  # said in the clear: a hint to begin again, never more

_LAST_COUNTER = 0xFFFFFFFF
_ASKED_MOST = 8  # hellos whose answers are told from an impostor's, however late


class Session:
    """The two directions of a passed challenge, seen from one side."""

    def __init__(self, send_key, receive_key, random):
        self._out, self._in, self._random = Sealer(send_key), Sealer(receive_key), random
        self._counter, self._window = 0, Window()

    def seal(self, plain):
        """One sealed frame."""
        if self._counter == _LAST_COUNTER:
            raise NotProved("spent")
        self._counter += 1
        counter = struct.pack(">I", self._counter)
        length = 4 + 32 + len(plain) // 16 * 16 + 16
        head = frame.head_of(frame.SEALED, length) + counter
        return frame.pack(frame.SEALED, counter + self._out.seal(self._random(16), head, plain))

    def open(self, body):
        """The message of a sealed frame. Raises SealError; a counter counts as seen only if its seal was whole."""
        if len(body) < 4:
            raise SealError("seal_wrong", "%d bytes" % len(body))
        head = frame.head_of(frame.SEALED, len(body)) + body[:4]
        plain = self._in.open(head, body[4:])
        self._window.accept(struct.unpack(">I", body[:4])[0])
        return plain


class Link:
    """What both sides share: the buffer and the turn from bytes to events."""

    def __init__(self, random):
        """`random(n)` gives n unpredictable bytes: os.urandom."""
        self._random, self._buffer, self._session = random, b"", None

    @property
    def proved(self):
        """Whether a challenge has passed and frames can be sealed."""
        return self._session is not None

    def receive(self, data):
        """Take bytes from the road, in any portions."""
        self._buffer += bytes(data)

    def end_message(self):
        """The road says its message is over. Raises FrameError(frame_truncated) when a frame is only half there."""
        left, self._buffer = len(self._buffer), b""
        if left:
            raise FrameError("frame_truncated", "%d bytes left" % left)

    def next_event(self):
        """The next event, or None when more bytes are needed. Raises ProtocolError; then call again for the rest."""
        try:
            found = frame.unpack(self._buffer)
        except FrameError:
            self._buffer = b""  # no telling where the next frame begins
            raise
        if found is None:
            return None
        kind, body, self._buffer = found
        if kind == frame.SEALED:
            return self._opened(body)
        take = self._steps.get(kind)
        if take is None:
            raise FrameError("frame_type", "type %d" % kind)
        return take(self, body)

    def _opened(self, body):
        if self._session is None:
            raise SealError("session_missing")
        opened = self._session.open(body)
        kind = opened[0] if opened else 0
        take = self._messages.get(kind)
        if take is not None:
            return take(self, opened)
        from firmware.protocol import message  # when first needed: a terminal that only reports has no memory for it

        if kind not in getattr(message, self._heard):
            raise FrameError("frame_type", "message kind %d" % kind)
        return message.unpack(opened)

    def _seal(self, plain):
        if self._session is None:
            raise NotProved("no proof")
        return self._session.seal(plain)

    def send(self, event):
        """A sealed frame of a Status, Command, Result, Offer, Want or Chunk. Raises NotProved."""
        from firmware.protocol import message

        return self._seal(message.pack(event))


class TerminalLink(Link):
    """The terminal's side. `gateways`: ids it may answer to, as provisioned; nobody else is listened to.

    `secret` may be a list while it is being replaced: any of it counts. `self.secret` is the one that was proved.
    """

    # nonces of the last hellos of whichever link, since an answer may come to the next; wiped ones are zero
    _asked = bytearray(_ASKED_MOST * frame.NONCE)

    def __init__(self, terminal_id, secret, gateways, random):
        Link.__init__(self, random)
        self.terminal_id, self._gateways = terminal_id, gateways
        self.secrets = secret if isinstance(secret, list) else [secret]
        self._nonce = None

    def hello(self):
        """Begin a challenge: the frame to send. An earlier session ends here; nothing can be sealed until proved."""
        self._session, self._nonce = None, self._random(frame.NONCE)
        self._asked[:] = self._asked[frame.NONCE :] + self._nonce
        return frame.pack(frame.HELLO, frame.put_text(self.terminal_id) + self._nonce)

    def _answer(self, body):
        from firmware.protocol import challenge  # for the moment of the proof

        known = (self.terminal_id, self.secrets, self._gateways)
        gateway_id, ts_ms, self.secret, proof, keys = challenge.answered(body, self._nonce, self._asked, *known)
        self._nonce = None  # it serves once
        self._session, self._proof = Session(keys[0], keys[1], self._random), frame.pack(frame.PROOF, proof)
        return Proved(gateway_id, ts_ms)

    def prove(self):
        """Our own proof, to send first of all after the event Proved."""
        if self._session is None:
            raise NotProved("no proof")
        return self._proof

    def _refusal(self, body):
        return Refused(frame.take_text(body)[0])

    def _acknowledged(self, opened):
        return Acknowledged(frame.unpack_ack(opened))

    def send_readings(self, boot_no, records):
        """A sealed frame of records of one boot (frame.pack_record). Raises NotProved before the challenge passed."""
        return self._seal(frame.pack_readings(boot_no, records))

    def send_gaps(self, gaps):
        """A sealed frame that says which numbers will never come, and why."""
        return self._seal(frame.pack_gaps(gaps))

    _steps = {frame.ANSWER: _answer, frame.REFUSAL: _refusal}
    _messages = {frame.ACK: _acknowledged}
    _heard = "FROM_GATEWAY"
