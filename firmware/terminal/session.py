"""One conversation with one gateway: hello, its proof, ours, then readings until each is acknowledged."""

from os import urandom

from firmware.protocol.errors import ProtocolError
from firmware.protocol.frame import seq_of
from firmware.protocol.link import Acknowledged, Proved, Refused, TerminalLink
from firmware.terminal.segments import n_of
from firmware.terminal.transports import RoadLost, Untrusted

AT_ONCE = 20  # readings in a frame
PROVE_AGAIN_S = 7200  # after which a gateway is to prove itself anew, and to tell the time again
UNANSWERED = 3  # hellos before another gateway is tried
DISTRUSTED = ("proof_wrong", "gateway_foreign")
PATIENCE_MS = 4000  # for each second of ack_timeout_s, with a gateway whose right answer came too late


class RestartAsked(Exception):
    """A command or an update is done; the board is to start again."""


class Session:
    """Joins an open road, the protocol's link and the outbox. `count(error)` is told of every refusal of ours.

    `link` and `commands` are a host agent's own.
    """

    def __init__(self, identity, road, outbox, clock, count, status=dict, link=None, commands=None):
        self._settings, self._status = identity.settings, status
        gateway_ids = [gateway.gateway_id for gateway in identity.gateways]
        self._link = link or TerminalLink(identity.terminal_id, identity.secrets, gateway_ids, urandom)
        self._road, self._outbox, self._clock, self._count = road, outbox, clock, count
        self._hellos, self._hello_due_ms = 0, 0
        self._heard_ms = None
        self._sent_to = None  # the number of the newest reading on its way
        self._late_ms = 0  # when its acknowledgement is overdue, and a new hello due
        self._told_gaps = []
        self._doubt = None  # a wrong proof that no right one followed
        self._commands = commands
        self.proved_by = None
        self.acknowledged = False  # whether a gateway has taken a reading in this session

    def step(self, now_ms):
        """Take what came, then say what is due. Raises RoadLost, and Untrusted when the gateway is not ours."""
        for message in self._road.receive():
            self._heard_ms = now_ms
            self._take(message, now_ms)
        if now_ms >= (self._hello_due_ms if self._sent_to is None else self._late_ms):
            self._hello(now_ms)
        elif self._link.proved and self._clock.offset_ms is not None:
            self._send(now_ms)
        self._keep_alive(now_ms)

    def _hello(self, now_ms):
        if self._doubt is not None:
            raise Untrusted(str(self._doubt))
        if self._hellos == UNANSWERED:
            raise RoadLost("no answer to %d hellos" % UNANSWERED)
        self._hellos += 1
        self._sent_to, self._told_gaps = None, []
        self._hello_due_ms = now_ms + int(self._settings["ack_timeout_s"] * 1000)
        self._road.send(self._link.hello())

    def _take(self, message, now_ms):
        """Every frame of a message; a bad one is counted and its neighbours taken.

        A wrong proof may be of the other key while one replaces another: the right one has time until the next hello.
        """
        self._link.receive(message)
        late = False
        while True:
            try:
                event = self._link.next_event()
                if event is None:
                    self._link.end_message()
                    return
                self._on.get(type(event), Session._asked)(self, event, now_ms)
            except ProtocolError as error:
                self._count(error)
                if error.code == "proof_late":  # it is ours and slow: the answer to the newest hello gets more time
                    late, self._doubt, self._hellos = True, None, 0
                    self._hello_due_ms = now_ms + int(self._settings["ack_timeout_s"] * PATIENCE_MS)
                elif error.code in DISTRUSTED and not late:
                    self._doubt = error

    def _proved(self, event, now_ms):
        self._road.send(self._link.prove())
        if len(self._link.secrets) > 1:
            from firmware.terminal.rotation import settle

            settle(self._link)
        self._hellos, self._doubt, self.proved_by, again_s = 0, None, event.peer_id, PROVE_AGAIN_S
        if event.ts_ms is not None:
            self._clock.set(event.ts_ms)
            self._outbox.stamp(self._clock.offset_ms)
        elif self._clock.offset_ms is None:
            again_s = self._settings["time_again_s"]
        self._hello_due_ms = now_ms + int(again_s * 1000)

    def _refused(self, event, now_ms):
        """A refusal is a hint to begin again, later than at once."""
        self._sent_to = None
        wait_ms = self._settings["back_off_first_s"] * 1000 * (1 + urandom(1)[0] / 128)
        due_ms = now_ms + int(wait_ms * 2**self._hellos)
        self._hello_due_ms = min(due_ms, self._hello_due_ms)

    def _acknowledged(self, event, now_ms):
        self.acknowledged = True
        self._outbox.drop(event.intervals)
        oldest = self._outbox.oldest()
        if self._sent_to is not None and (oldest is None or oldest > self._sent_to):
            self._sent_to = None

    def _asked(self, event, now_ms):
        """A request of the gateway: do it, answer, and start again when that was asked for."""
        if self._commands is None:
            from firmware.terminal.commands import Commands

            self._commands = Commands(self._status, self._link)
        answers = self._commands.take(event)
        try:
            for answer in answers:
                self._road.send(self._link.send(answer))
        finally:
            if self._commands.restart:  # also when the answer is lost: it is said again after the restart
                raise RestartAsked

    def _send(self, now_ms):
        """The next readings, once those before are acknowledged."""
        if self._sent_to is not None:
            return
        gaps = self._outbox.gaps()[:AT_ONCE]
        if gaps and gaps != self._told_gaps:
            self._road.send(self._link.send_gaps(gaps))
            self._told_gaps = gaps
        boot_no, records = self._outbox.peek(AT_ONCE)
        if records:
            self._road.send(self._link.send_readings(boot_no, records))
            self._sent_to = seq_of(boot_no, n_of(records[-1]))
            self._late_ms = now_ms + int(self._settings["ack_timeout_s"] * 1000)

    def _keep_alive(self, now_ms):
        if self._heard_ms is None or now_ms - self._heard_ms > self._settings["keepalive_s"] * 1000:
            self._heard_ms = now_ms
            self._road.ping()

    _on = {Proved: _proved, Refused: _refused, Acknowledged: _acknowledged}
