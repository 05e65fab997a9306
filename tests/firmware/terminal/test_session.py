"""One conversation with a gateway, joined by bytes; the seconds are given."""

import os
import tempfile

import pytest

from firmware.protocol import frame
from firmware.protocol.frame import Reading, pack_record, seq_of
from firmware.protocol.gateway_link import Gaps, GatewayLink, Hello, Readings
from firmware.protocol.link import Proved
from firmware.protocol.seal import gateway_key
from firmware.terminal.blocks import BLOCK
from firmware.terminal.config import read_settings
from firmware.terminal.identity import Gateway, Identity
from firmware.terminal.outbox import Outbox
from firmware.terminal.segments import Segments
from firmware.terminal.session import AT_ONCE, PROVE_AGAIN_S, Session
from firmware.terminal.transports import RoadLost, Untrusted

SECRET, BOOT, TIME_MS = b"\x07" * 32, 3, 1_760_000_000_000
SETTINGS = {"ack_timeout_s": 20, "time_again_s": 30, "back_off_first_s": 1, "keepalive_s": 60}


class Day:
    """The terminal's clock without its ticks: knows only what it was told."""

    offset_ms = None

    def set(self, ts_ms):
        self.offset_ms = ts_ms


class Wire:
    """A road in memory to a gateway's link, whose faults are switched on here."""

    def __init__(self, secret=SECRET, gateway_id="gw-1"):
        self.link, self._key = GatewayLink(gateway_id, os.urandom), gateway_key(secret, gateway_id)
        self.down, self.heard, self.readings, self.gaps, self.pings = [], [], [], [], 0
        self.answers, self.acknowledges, self.ts_ms = True, True, TIME_MS

    def send(self, frame):
        self.link.receive(frame)
        while (event := self.link.next_event(0)) is not None:
            self.heard.append(type(event))
            self._take(event)

    def _take(self, event):
        if isinstance(event, Hello) and self.answers:
            self.down.append(self.link.answer(event, self._key, self.ts_ms))
        elif isinstance(event, Readings):
            self.readings += event.readings
            if self.acknowledges:
                seqs = [reading.seq for reading in event.readings]
                self.down.append(self.link.acknowledge([(seqs[0], seqs[-1])]))
        elif isinstance(event, Gaps):
            self.gaps.append(event.gaps)
            if self.acknowledges:
                self.down.append(self.link.acknowledge([(gap.from_seq, gap.to_seq) for gap in event.gaps]))

    def receive(self):
        down, self.down = self.down, []
        return down

    def ping(self):
        self.pings += 1


class Talk:
    """A session with its outbox over a wire."""

    def __init__(self, wire=None, slots=60, limit=64 * BLOCK):
        gateways = [Gateway("gw-1", "", 0, "", "mqtt"), Gateway("gw-2", "", 0, "", "mqtt")]
        settings = read_settings(SETTINGS)
        identity = Identity("ct-01", [SECRET], 1, gateways, b"", [], settings, None, {}, None)
        self.wire, self.clock, self.refused = wire or Wire(), Day(), []
        self._folder = tempfile.TemporaryDirectory()
        self.outbox, self.n = Outbox(BOOT, slots, 40, Segments(self._folder.name + "/", limit)), 0
        self.session = Session(identity, self.wire, self.outbox, self.clock, self.refused.append)

    def fill(self, count):
        """So many readings more in the outbox."""
        for _ in range(count):
            self.n += 1
            reading = Reading("ct-01", self.n * 1000, seq_of(BOOT, self.n), {"current_a": 1.0}, 0, 1)
            self.outbox.put(pack_record(reading), self.n * 1000)

    def turns(self, now_ms=0, count=12):
        """Let so many turns of the loop pass at one moment."""
        for _ in range(count):
            self.session.step(now_ms)

    def arrived(self):
        """The n of every reading that arrived, in order."""
        return [reading.seq & 0xFFFFFF for reading in self.wire.readings]


def test_readings_leave_after_both_proofs_and_are_forgotten_once_acknowledged():
    talk = Talk()
    talk.fill(3)
    talk.turns()
    assert talk.wire.heard == [Hello, Proved, Readings]
    assert talk.session.proved_by == "gw-1"
    assert talk.arrived() == [1, 2, 3] and talk.outbox.oldest() is None
    assert talk.wire.readings[0].ts_ms == 1000 + TIME_MS


def test_a_backlog_leaves_in_frames_of_twenty_each_after_the_one_before_was_acknowledged():
    talk = Talk()
    talk.fill(45)
    talk.turns()
    assert talk.arrived() == list(range(1, 46))
    assert talk.wire.heard.count(Readings) == 3 and AT_ONCE == 20


def test_without_an_acknowledgement_nothing_more_leaves_until_a_new_challenge_passed():
    talk = Talk()
    talk.wire.acknowledges = False
    talk.fill(25)
    talk.turns(0)
    talk.turns(19_000)
    assert talk.arrived() == list(range(1, 21))
    talk.wire.acknowledges = True
    talk.turns(20_500)
    assert talk.wire.heard[:3] + talk.wire.heard[3:5] == [Hello, Proved, Readings, Hello, Proved]
    assert talk.arrived() == [*range(1, 21), *range(1, 26)]
    assert talk.outbox.oldest() is None


def test_an_unanswered_hello_is_said_again_and_the_third_gives_the_road_up():
    talk = Talk()
    talk.wire.answers = False
    for now_ms in (0, 10_000, 20_000, 40_000):
        talk.turns(now_ms)
    assert talk.wire.heard == [Hello] * 3
    with pytest.raises(RoadLost, match="no answer to 3 hellos"):
        talk.turns(60_000)


def test_a_gateway_with_the_wrong_key_gets_nothing_and_is_not_trusted():
    talk = Talk(Wire(secret=b"\x08" * 32))
    talk.fill(3)
    talk.turns(0)
    with pytest.raises(Untrusted, match="proof_wrong"):
        talk.turns(20_000)
    assert talk.wire.heard == [Hello]
    assert [error.code for error in talk.refused] == ["proof_wrong"]


def test_a_gateway_that_is_not_in_the_list_gets_nothing_and_is_not_trusted():
    talk = Talk(Wire(gateway_id="gw-9"))
    talk.fill(3)
    talk.turns(0)
    with pytest.raises(Untrusted, match="gateway_foreign"):
        talk.turns(20_000)
    assert talk.wire.heard == [Hello]


def test_a_message_this_terminal_does_not_know_is_counted_and_the_conversation_goes_on():
    talk = Talk()
    talk.turns()
    talk.wire.down.append(frame.pack(9, b""))
    talk.fill(1)
    talk.turns()
    assert [error.code for error in talk.refused] == ["frame_type"]
    assert talk.arrived() == [1]


def test_garbage_is_counted_and_the_conversation_goes_on():
    talk = Talk()
    talk.turns()
    talk.wire.down += [b"garbage", b"\xa1\x01\x02", b""]
    talk.fill(2)
    talk.turns()
    assert [error.code for error in talk.refused] == ["frame_magic", "frame_truncated"]
    assert talk.arrived() == [1, 2]


def test_a_replayed_acknowledgement_lets_nothing_go():
    talk = Talk()
    talk.fill(1)
    talk.turns(count=3)
    old = talk.wire.link.acknowledge([(seq_of(BOOT, 2), seq_of(BOOT, 2))])
    talk.wire.down.append(old)
    talk.turns()
    talk.wire.acknowledges = False
    talk.fill(1)
    talk.turns()
    talk.wire.down.append(old)
    talk.turns()
    assert [error.code for error in talk.refused] == ["counter_replayed"]
    assert talk.outbox.oldest() == seq_of(BOOT, 2)


def test_a_refusal_is_answered_by_a_new_hello_after_a_pause():
    talk = Talk()
    talk.turns()
    talk.wire.down.append(talk.wire.link.refuse("session_missing"))
    talk.turns(1000)
    talk.turns(1500)
    assert talk.wire.heard.count(Hello) == 1
    talk.turns(4000)
    assert talk.wire.heard.count(Hello) == 2


def test_without_a_known_time_readings_wait_and_the_gateway_is_asked_again():
    talk = Talk()
    talk.wire.ts_ms = None
    talk.fill(2)
    talk.turns(0)
    talk.turns(29_000)
    assert talk.arrived() == [] and talk.wire.heard.count(Hello) == 1
    talk.wire.ts_ms = TIME_MS
    talk.turns(30_500)
    assert [reading.ts_ms for reading in talk.wire.readings] == [TIME_MS + 1000, TIME_MS + 2000]


def test_a_proved_gateway_has_to_prove_itself_and_tell_the_time_again_though_nothing_is_wrong():
    talk, due_ms = Talk(), PROVE_AGAIN_S * 1000
    talk.turns(0)
    talk.turns(due_ms - 1)
    assert talk.wire.heard == [Hello, Proved]
    talk.wire.ts_ms, talk.wire.acknowledges = TIME_MS + due_ms + 400, False
    talk.fill(1)
    talk.turns(due_ms - 1)
    talk.turns(due_ms)
    assert talk.wire.heard == [Hello, Proved, Readings]  # what is on its way has its acknowledgement first
    talk.wire.down.append(talk.wire.link.acknowledge([(seq_of(BOOT, 1), seq_of(BOOT, 1))]))
    talk.turns(due_ms)
    assert talk.wire.heard == [Hello, Proved, Readings, Hello, Proved] and talk.refused == []
    assert talk.clock.offset_ms == talk.wire.ts_ms and talk.arrived() == [1]


def test_a_time_known_before_serves_with_a_gateway_that_does_not_know_it():
    talk = Talk()
    talk.wire.ts_ms = None
    talk.clock.set(TIME_MS)
    talk.outbox.stamp(TIME_MS)
    talk.fill(2)
    talk.turns()
    assert talk.arrived() == [1, 2]


def test_what_the_outbox_lost_is_said_before_the_rest_and_once():
    talk = Talk(slots=20, limit=BLOCK)
    talk.fill(500)
    lost = talk.outbox.gaps()
    talk.turns(count=60)
    assert lost and talk.wire.gaps == [lost]
    assert talk.arrived() == list(range((lost[-1].to_seq & 0xFFFFFF) + 1, 501)) and talk.outbox.gaps() == []


def test_a_silent_road_is_kept_awake():
    talk = Talk()
    talk.turns(0)
    pings = talk.wire.pings
    talk.turns(59_000)
    assert talk.wire.pings == pings
    talk.turns(61_000)
    assert talk.wire.pings == pings + 1
