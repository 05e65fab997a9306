"""A gateway whose right answers come too late is told from an impostor, and gets more time."""

import pytest

from firmware.protocol import frame
from firmware.protocol.gateway_link import Hello
from firmware.terminal.transports import Untrusted
from tests.firmware.terminal.test_session import Talk, Wire


class SlowWire(Wire):
    """A gateway that takes 25 seconds for an answer to a hello, longer than ack_timeout_s."""

    def __init__(self):
        super().__init__()
        self.now_ms, self._under_way = 0, []

    def receive(self):
        down = super().receive()
        self._under_way += [(self.now_ms + 25_000, one) for one in down if one[2] == frame.ANSWER]
        due = [one for due_ms, one in self._under_way if due_ms <= self.now_ms]
        self._under_way = [pair for pair in self._under_way if pair[0] > self.now_ms]
        return due + [one for one in down if one[2] != frame.ANSWER]


def test_a_late_answer_to_an_earlier_hello_does_not_spoil_the_right_one():
    talk = Talk()
    talk.fill(1)
    talk.turns(0, count=1)
    late = talk.wire.down.pop()
    talk.turns(20_000, count=1)
    talk.wire.down.insert(0, late)
    talk.turns(20_500)
    assert [error.code for error in talk.refused] == ["proof_late"]
    assert talk.arrived() == [1]


def test_a_gateway_whose_right_answers_come_too_late_gets_longer_to_answer_and_is_not_doubted():
    talk = Talk(SlowWire())
    talk.fill(1)
    for now_ms in range(0, 120_000, 1000):
        talk.wire.now_ms = now_ms
        talk.turns(now_ms)
    assert [error.code for error in talk.refused] == ["proof_late"]
    assert talk.arrived() == [1] and talk.wire.heard.count(Hello) == 2


def test_a_right_answer_that_comes_late_takes_no_impostor_with_it():
    talk = Talk()
    talk.fill(1)
    talk.turns(0, count=1)
    late = talk.wire.down.pop()
    talk.turns(20_000, count=1)
    talk.wire.down[:] = [late]
    talk.turns(20_500, count=1)
    wrong = Wire(secret=b"\x08" * 32)
    wrong.send(frame.pack(frame.HELLO, frame.put_text("ct-01") + b"n" * frame.NONCE))
    talk.wire.down[:] = wrong.receive()
    talk.turns(21_000)
    with pytest.raises(Untrusted, match="proof_wrong"):
        talk.turns(100_500)
    assert talk.arrived() == []
