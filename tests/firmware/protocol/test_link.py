"""Two links joined by bytes: nothing leaves before the gateway proved itself, and each abuse has its own code."""

import os

from firmware.protocol import frame
from firmware.protocol.errors import NotProved
from firmware.protocol.frame import Gap, Reading
from firmware.protocol.gateway_link import CHALLENGE_S, Gaps, GatewayLink, Readings
from firmware.protocol.link import Acknowledged, Proved, Refused, TerminalLink
from firmware.protocol.seal import gateway_key
from tests.firmware.protocol.plain import refused

SECRET = bytes(range(32))
KEY = gateway_key(SECRET, "gw-1")
NOW_MS = 1760000400000
READING = Reading("ct-01", NOW_MS, frame.seq_of(7, 1), {"temperature_c": 21.56}, 0, 1)
RECORD = frame.pack_record(READING)


def counting():
    """Different "random" bytes at each call: repeatable on both Pythons."""
    calls = [0]

    def random(size):
        calls[0] += 1
        return bytes((calls[0],)) * size

    return random


def pair(gateways=("gw-1",), gateway_id="gw-1"):
    random = counting()
    return TerminalLink("ct-01", SECRET, gateways, random), GatewayLink(gateway_id, random)


def said(receiver, data, *now_s):
    receiver.receive(data)
    return receiver.next_event(*now_s)


def proved(ts_ms=NOW_MS):
    terminal, gateway = pair()
    answer = gateway.answer(said(gateway, terminal.hello()), KEY, ts_ms)
    assert said(terminal, answer) == Proved("gw-1", ts_ms)
    assert said(gateway, terminal.prove()) == Proved("ct-01", None)
    return terminal, gateway


def test_a_reading_arrives_after_mutual_proof_and_is_acknowledged():
    terminal, gateway = proved()
    assert said(gateway, terminal.send_readings(7, [RECORD])) == Readings([READING])
    assert said(terminal, gateway.acknowledge([(READING.seq, READING.seq)])) == Acknowledged(
        [(READING.seq, READING.seq)]
    )


def test_nothing_can_be_sealed_before_the_gateway_proved_itself():
    terminal, gateway = pair()
    for _stage in range(2):
        for seal in (terminal.prove, lambda: terminal.send_readings(7, [RECORD]), lambda: terminal.send_gaps([])):
            try:
                seal()
            except NotProved:
                continue
            raise AssertionError("sealed before proof")
        terminal.hello()
    try:
        gateway.acknowledge([])
    except NotProved:
        return
    raise AssertionError("acknowledged before proof")


def test_bytes_arrive_whole_one_by_one_and_with_a_tail():
    terminal, gateway = proved()
    first, second = terminal.send_readings(7, [RECORD]), terminal.send_gaps([Gap(5, 6, "reboot")])
    for byte in first:
        assert gateway.next_event() is None
        gateway.receive(bytes((byte,)))
    assert gateway.next_event() == Readings([READING])
    third = terminal.send_readings(7, [RECORD])
    gateway.receive(second + third)
    assert gateway.next_event() == Gaps([Gap(5, 6, "reboot")])
    assert gateway.next_event() == Readings([READING])
    assert gateway.next_event() is None


def test_a_message_that_ends_inside_a_frame_is_truncated_and_the_next_one_passes():
    terminal, gateway = proved()
    gateway.receive(terminal.send_readings(7, [RECORD])[:-3])
    assert gateway.next_event() is None
    refused("frame_truncated", gateway.end_message)
    assert said(gateway, terminal.send_readings(7, [RECORD])) == Readings([READING])
    gateway.end_message()


def test_the_gateways_time_comes_only_inside_a_passed_challenge():
    terminal, gateway = pair()
    answer = bytearray(gateway.answer(said(gateway, terminal.hello()), KEY, NOW_MS))
    answer[frame.HEAD_SIZE + 5 + frame.NONCE + 8] ^= 1  # the last byte of the time
    refused("proof_wrong", said, terminal, bytes(answer))
    assert not terminal.proved
    terminal, gateway = proved(ts_ms=None)
    assert terminal.proved


def test_a_gateway_with_another_secret_is_refused():
    terminal, gateway = pair()
    wrong = gateway_key(bytes(32), "gw-1")
    refused("proof_wrong", said, terminal, gateway.answer(said(gateway, terminal.hello()), wrong, NOW_MS))
    assert not terminal.proved


def test_a_gateway_outside_the_list_is_refused_even_with_a_right_key():
    terminal, gateway = pair(gateway_id="gw-2")
    answer = gateway.answer(said(gateway, terminal.hello()), gateway_key(SECRET, "gw-2"), NOW_MS)
    refused("gateway_foreign", said, terminal, answer)


def fresh():
    """A terminal's link with nonces that no other test has used."""
    return TerminalLink("ct-01", SECRET, ("gw-1",), os.urandom)


def test_an_answer_to_an_earlier_hello_is_refused():
    terminal, gateway = fresh(), GatewayLink("gw-1", os.urandom)
    old = gateway.answer(said(gateway, terminal.hello()), KEY, NOW_MS)
    terminal.hello()
    refused("proof_late", said, terminal, old)
    assert not terminal.proved
    refused("proof_wrong", said, terminal, old)  # once: after that it is a replay


def test_a_late_answer_is_known_by_the_next_link_too_and_nobody_elses_is():
    old, gateway = fresh(), GatewayLink("gw-1", os.urandom)
    hello = said(gateway, old.hello())
    late, wrong = (gateway.answer(hello, key, NOW_MS) for key in (KEY, gateway_key(bytes(32), "gw-1")))
    terminal = fresh()
    answer = gateway.answer(said(gateway, terminal.hello()), KEY, NOW_MS)
    refused("proof_wrong", said, terminal, wrong)
    refused("proof_late", said, terminal, late)
    assert said(terminal, answer) == Proved("gw-1", NOW_MS)


def test_so_many_hellos_are_remembered_and_no_more():
    terminal, gateway = fresh(), GatewayLink("gw-1", os.urandom)
    first = gateway.answer(said(gateway, terminal.hello()), KEY, NOW_MS)
    second = gateway.answer(said(gateway, terminal.hello()), KEY, NOW_MS)
    for _ in range(7):
        terminal.hello()
    refused("proof_wrong", said, terminal, first)
    refused("proof_late", said, terminal, second)


def test_an_answer_serves_once():
    terminal, gateway = pair()
    answer = gateway.answer(said(gateway, terminal.hello()), KEY, NOW_MS)
    said(terminal, answer)
    refused("proof_unexpected", said, terminal, answer)
    assert terminal.proved


def test_a_terminal_with_another_secret_is_refused():
    _terminal, gateway = pair()
    impostor = TerminalLink("ct-01", bytes(32), ("gw-1",), counting())
    hello = said(gateway, impostor.hello())
    gateway.answer(hello, KEY, NOW_MS)
    refused("proof_wrong", said, gateway, frame.pack(frame.PROOF, bytes(32)))
    refused("proof_unexpected", said, gateway, frame.pack(frame.PROOF, bytes(32)))
    assert not gateway.proved


def test_a_proof_cannot_be_mirrored_back():
    terminal, gateway = pair()
    answer = gateway.answer(said(gateway, terminal.hello()), KEY, NOW_MS)
    refused("proof_wrong", said, gateway, frame.pack(frame.PROOF, answer[-frame.PROOF_SIZE :]))


def test_a_challenge_ends_after_its_deadline():
    terminal, gateway = pair()
    said(terminal, gateway.answer(said(gateway, terminal.hello(), 100), KEY, NOW_MS))
    refused("proof_late", said, gateway, terminal.prove(), 101 + CHALLENGE_S)


def test_an_unproved_hello_does_not_displace_a_proved_session():
    terminal, gateway = proved()
    stranger = TerminalLink("ct-01", bytes(32), ("gw-1",), counting())
    gateway.answer(said(gateway, stranger.hello()), KEY, NOW_MS)
    refused("proof_wrong", said, gateway, frame.pack(frame.PROOF, bytes(32)))
    assert said(gateway, terminal.send_readings(7, [RECORD])) == Readings([READING])


def test_a_replayed_frame_is_refused_and_its_neighbours_pass():
    terminal, gateway = proved()
    sealed = terminal.send_readings(7, [RECORD])
    assert said(gateway, sealed) == Readings([READING])
    refused("counter_replayed", said, gateway, sealed)
    assert said(gateway, terminal.send_readings(7, [RECORD])) == Readings([READING])


def test_a_frame_of_an_earlier_session_is_refused():
    terminal, gateway = proved()
    old = terminal.send_readings(7, [RECORD])
    said(terminal, gateway.answer(said(gateway, terminal.hello()), KEY, NOW_MS))
    said(gateway, terminal.prove())
    refused("seal_wrong", said, gateway, old)


def test_what_one_side_sealed_does_not_open_at_that_side():
    terminal, _gateway = proved()
    refused("seal_wrong", said, terminal, terminal.send_readings(7, [RECORD]))


def test_a_reading_before_proof_is_refused():
    terminal, _gateway = proved()
    fresh = GatewayLink("gw-1", counting())
    refused("session_missing", said, fresh, terminal.send_readings(7, [RECORD]))


def test_frames_of_the_other_side_are_refused():
    terminal, gateway = proved()
    refused("frame_type", said, terminal, frame.pack(frame.HELLO, b""))
    refused("frame_type", said, gateway, frame.pack(frame.ANSWER, b""))
    refused("frame_type", said, gateway, frame.pack(9, b""))
    refused("frame_body", said, gateway, frame.pack(frame.HELLO, frame.put_text("ct-01") + b"short"))
    refused("frame_body", said, terminal, frame.pack(frame.ANSWER, frame.put_text("gw-1") + b"short"))


def test_garbage_is_refused_and_the_next_message_passes():
    terminal, gateway = proved()
    refused("frame_magic", said, gateway, b"\x00garbage")
    assert said(gateway, terminal.send_readings(7, [RECORD])) == Readings([READING])


def test_a_refusal_is_told_with_its_code():
    terminal, gateway = pair()
    assert said(terminal, gateway.refuse("terminal_unknown")) == Refused("terminal_unknown")
