"""Sessions with terminals, joined to real terminal links by bytes."""

import os
from collections import Counter

import pytest

from firmware.gateway.roads import Letter
from firmware.gateway.sessions import HELLOS_PER_S, LAST_SEQ, REFUSAL_EVERY_S, REFUSED_MOST, Sessions
from firmware.gateway.terminals import KeyTable
from firmware.protocol import frame
from firmware.protocol.challenge import ProofError
from firmware.protocol.frame import Gap, Reading
from firmware.protocol.link import Acknowledged, Proved, Refused, TerminalLink
from firmware.protocol.record import FIRST_N, HostLink, Record
from firmware.protocol.seal import gateway_key

SECRET, TIME_MS = b"s" * 32, 1_795_000_000_000


class House:
    """A gateway's sessions with two terminals assigned; `refused` counts (terminal, code)."""

    def __init__(self, folder):
        self.keys, self.refused = KeyTable(folder, "gw-1"), Counter()
        self.assign("ct-01", "ct-02")
        self.sessions = Sessions("gw-1", self.keys, self._count, os.urandom)

    def assign(self, *terminal_ids, secret=SECRET):
        rows = [{"terminal_id": name, "key": gateway_key(secret, "gw-1").hex()} for name in terminal_ids]
        self.keys.take(rows)

    def _count(self, terminal_id, code, _text):
        self.refused[terminal_id, code] += 1

    def take(self, message, terminal_id="ct-01", now_s=0, proved_ms=TIME_MS, road="mqtt"):
        return self.sessions.take(Letter(road, terminal_id, message), now_s, proved_ms)

    def prove(self, terminal_id="ct-01", secret=SECRET, now_s=0, road="mqtt"):
        """A terminal link that has passed the challenge."""
        link = TerminalLink(terminal_id, secret, ["gw-1"], os.urandom)
        hear(link, self.take(link.hello(), terminal_id, now_s, road=road).frames)
        assert self.take(link.prove(), terminal_id, now_s, road=road).frames == []
        return link


def hear(link, frames):
    link.receive(b"".join(frames))
    return link.next_event()


def sealed(link, n=1, **values):
    reading = Reading(link.terminal_id, TIME_MS, frame.seq_of(1, n), values or {"temperature_c": 20.0}, 0, 1)
    return link.send_readings(1, [frame.pack_record(reading)])


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_a_proved_terminals_readings_come_out_and_are_acknowledged(house):
    link = house.prove()
    taken = house.take(sealed(link, 1) + sealed(link, 2, current_a=None))
    assert [(one.seq & 0xFFFFFF, one.values) for one in taken.readings] == [
        (1, {"temperature_c": 20.0}),
        (2, {"current_a": None}),
    ]
    assert hear(link, house.sessions.acknowledge("ct-01", [(1, 2)])) == Acknowledged([(1, 2)])
    assert not house.refused


def test_the_proved_time_is_told_and_an_unproved_one_is_not(house):
    for proved_ms in (TIME_MS, None):
        link = TerminalLink("ct-01", SECRET, ["gw-1"], os.urandom)
        assert hear(link, house.take(link.hello(), proved_ms=proved_ms).frames) == Proved("gw-1", proved_ms)


def test_gaps_come_out(house):
    link = house.prove()
    assert house.take(link.send_gaps([Gap(3, 9, "reboot")])).gaps == [Gap(3, 9, "reboot")]


def test_a_gap_beyond_any_reading_is_refused(house):
    link = house.prove()
    assert house.take(link.send_gaps([Gap(1, LAST_SEQ, "reboot")])).gaps == []
    assert house.refused == {("ct-01", "frame_body"): 1}


@pytest.mark.parametrize(
    "message,code",
    [
        (b"hello?", "frame_magic"),
        (b"\xa1\x02\x01\x00\x00", "frame_version"),
        (b"\xa1\x01\x09\x00\x00", "frame_type"),
        (b"\xa1\x01\x02\x00\x00", "frame_type"),
        (b"\xa1\x01\x04\xff\xff", "frame_oversize"),
        (b"\xa1\x01\x01\x00\x10abc", "frame_truncated"),
        (b"\xa1\x01\x01\x00\x02\x05a", "frame_body"),
        (b"\xa1", "frame_truncated"),
    ],
)
def test_garbage_is_counted_by_its_code_and_the_session_goes_on(house, message, code):
    link = house.prove()
    assert house.take(message).readings == []
    assert house.refused == {("ct-01", code): 1}
    assert len(house.take(sealed(link)).readings) == 1


def test_a_bad_frame_leaves_its_neighbours_in_the_same_message(house):
    link = house.prove()
    one, other = sealed(link, 1), sealed(link, 2)
    damaged = bytearray(sealed(link, 3))
    damaged[-1] ^= 1
    taken = house.take(one + bytes(damaged) + other)
    assert [reading.seq & 0xFFFFFF for reading in taken.readings] == [1, 2]
    assert house.refused == {("ct-01", "seal_wrong"): 1}


def test_a_replayed_frame_is_refused_and_not_answered(house):
    link = house.prove()
    message = sealed(link)
    assert len(house.take(message).readings) == 1
    again = house.take(message)
    assert again.readings == [] and again.frames == []
    assert house.refused == {("ct-01", "counter_replayed"): 1}


def test_a_reading_before_the_proof_is_refused_and_the_terminal_told_to_begin_again(house):
    link = TerminalLink("ct-01", SECRET, ["gw-1"], os.urandom)
    hear(link, house.take(link.hello()).frames)
    taken = house.take(sealed(link))
    assert taken.readings == []
    assert hear(link, taken.frames) == Refused("session_missing")
    assert house.refused == {("ct-01", "session_missing"): 1}


def test_a_terminal_is_told_of_refusals_at_most_once_in_a_while(house):
    message = b"\xa1\x01\x04\x00\x04" + bytes(4)
    told = [len(house.take(message, now_s=now_s).frames) for now_s in (0, 1, REFUSAL_EVERY_S - 1, REFUSAL_EVERY_S)]
    assert told == [1, 0, 0, 1]
    assert house.refused == {("ct-01", "session_missing"): 4}


def test_a_wrong_proof_is_refused_and_no_session_begins(house):
    link = TerminalLink("ct-01", SECRET, ["gw-1"], os.urandom)
    hear(link, house.take(link.hello()).frames)
    proof = bytearray(link.prove())
    proof[-1] ^= 1
    house.take(bytes(proof))
    assert house.take(sealed(link)).readings == []
    assert house.refused == {("ct-01", "proof_wrong"): 1, ("ct-01", "session_missing"): 1}


def test_an_impostor_with_another_secret_proves_nothing_to_either_side(house):
    link = TerminalLink("ct-01", b"x" * 32, ["gw-1"], os.urandom)
    with pytest.raises(ProofError, match="proof_wrong"):
        hear(link, house.take(link.hello()).frames)
    house.take(frame.pack(frame.PROOF, bytes(32)))
    assert house.refused == {("ct-01", "proof_wrong"): 1}


def test_a_late_proof_is_refused(house):
    link = TerminalLink("ct-01", SECRET, ["gw-1"], os.urandom)
    hear(link, house.take(link.hello(), now_s=0).frames)
    house.take(link.prove(), now_s=31)
    assert house.refused == {("ct-01", "proof_late"): 1}


def test_an_unknown_terminal_is_refused_and_told(house):
    link = TerminalLink("ct-09", SECRET, ["gw-1"], os.urandom)
    taken = house.take(link.hello(), "ct-09")
    assert hear(link, taken.frames) == Refused("terminal_unknown")
    assert house.refused == {("ct-09", "terminal_unknown"): 1}


def test_a_terminal_on_another_ones_road_is_refused(house):
    link = TerminalLink("ct-02", SECRET, ["gw-1"], os.urandom)
    assert hear(link, house.take(link.hello(), "ct-01").frames) == Refused("terminal_mismatch")
    assert house.refused == {("ct-01", "terminal_mismatch"): 1}


def test_a_hello_does_not_displace_a_proved_session(house):
    link = house.prove()
    house.take(TerminalLink("ct-01", b"x" * 32, ["gw-1"], os.urandom).hello())
    assert len(house.take(sealed(link)).readings) == 1


def test_a_new_proof_takes_the_place_of_the_old_session(house):
    old = house.prove()
    message = sealed(old)
    new = house.prove(now_s=1)
    assert house.take(message).readings == []
    assert len(house.take(sealed(new)).readings) == 1
    assert house.refused == {("ct-01", "seal_wrong"): 1}


def test_a_revoked_terminals_session_ends_and_its_neighbours_stay(house):
    one, other = house.prove("ct-01"), house.prove("ct-02")
    house.assign("ct-02")
    house.sessions.keys_changed()
    assert house.take(sealed(one)).readings == []
    assert house.sessions.acknowledge("ct-01", [(1, 1)]) == []
    assert len(house.take(sealed(other), "ct-02").readings) == 1
    assert house.refused == {("ct-01", "terminal_unknown"): 1}


def test_a_changed_key_ends_the_session_made_with_the_old_one(house):
    link = house.prove("ct-01")
    house.assign("ct-01", secret=b"n" * 32)
    house.sessions.keys_changed()
    assert house.take(sealed(link)).readings == []
    assert len(house.take(sealed(house.prove(secret=b"n" * 32, now_s=9))).readings) == 1


def test_very_many_intervals_are_acknowledged_in_several_frames(house):
    link = house.prove()
    pairs = [(number, number) for number in range(1, 1001, 2)]
    link.receive(b"".join(house.sessions.acknowledge("ct-01", pairs)))
    heard = []
    while (event := link.next_event()) is not None:
        heard += event.intervals
    assert heard == pairs


def test_a_terminal_is_on_the_road_it_proved_itself_on_last(house):
    old = house.prove(road="mqtt")
    assert house.sessions.road_of("ct-01") == "mqtt" and house.sessions.road_of("ct-02") is None
    new = house.prove(road="http")
    assert house.sessions.road_of("ct-01") == "http"
    assert house.take(sealed(old), road="mqtt").readings == [] and house.refused["ct-01", "session_missing"] == 1
    assert len(house.take(sealed(new), road="http").readings) == 1
    assert hear(new, house.sessions.acknowledge("ct-01", [(1, 1)])) == Acknowledged([(1, 1)])


def test_a_hello_on_another_road_disturbs_nothing(house):
    link, stranger = house.prove(road="mqtt"), TerminalLink("ct-01", b"x" * 32, ["gw-1"], os.urandom)
    again = TerminalLink("ct-01", SECRET, ["gw-1"], os.urandom)
    answer = house.take(again.hello(), road="mqtt").frames
    house.take(stranger.hello(), road="usb_serial")
    house.take(frame.pack(frame.PROOF, bytes(32)), road="usb_serial")
    assert house.refused == {("ct-01", "proof_wrong"): 1} and house.sessions.road_of("ct-01") == "mqtt"
    assert len(house.take(sealed(link), road="mqtt").readings) == 1
    hear(again, answer)
    house.take(again.prove(), road="mqtt")
    assert len(house.take(sealed(again, 2), road="mqtt").readings) == 1


def test_a_hosts_record_comes_out_beside_its_readings(house):
    link = HostLink("ct-01", SECRET, ["gw-1"], os.urandom)
    hear(link, house.take(link.hello()).frames)
    house.take(link.prove())
    disks = Record(frame.seq_of(1, FIRST_N + 1), "disks", TIME_MS, {"disks": {}})
    taken = house.take(sealed(link, 1) + link.send_record(disks))
    assert len(taken.readings) == 1 and taken.records == [disks] and not house.refused


def test_hellos_without_a_proof_are_answered_a_few_times_a_second_and_a_neighbour_as_ever(house):
    stranger = TerminalLink("ct-01", b"x" * 32, ["gw-1"], os.urandom)
    answered = sum(bool(house.take(stranger.hello()).frames) for _ in range(100))
    assert answered == 5 * HELLOS_PER_S and house.refused == {("ct-01", "flood_hellos"): 100 - answered}
    house.prove("ct-02")
    house.prove("ct-01", road="http")
    assert len(house.take(stranger.hello(), now_s=3).frames) == 1, "later it is heard again"


def test_a_message_full_of_bad_frames_is_not_read_to_its_end(house):
    link = house.prove()
    house.take(b"\xa1\x01\x09\x00\x00" * 1600 + sealed(link))
    assert house.refused == {("ct-01", "frame_type"): REFUSED_MOST, ("ct-01", "flood_frames"): 1}
    assert len(house.take(sealed(link)).readings) == 1
