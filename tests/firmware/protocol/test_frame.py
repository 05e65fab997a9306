"""Readings become bytes and come back the same; what is no frame is named as what it is."""

from firmware.protocol import frame, received
from firmware.protocol.channels import BY_NAME, CHANNELS, in_range
from firmware.protocol.frame import Gap, Reading
from firmware.protocol.measured import AGGREGATED, MEASURED, to_steps
from tests.firmware.protocol.plain import refused

VALUES = {"temperature_c": -3.07, "humidity_pct": None, "current_a": 0.0, "charge_as": 1234.56}
READING = Reading("ct-01", 1760000400123, frame.seq_of(3_100_000, 0xFFFFFF), VALUES, 0x0041, 1)


def message(*readings):
    return frame.pack_readings(3_100_000, [frame.pack_record(reading) for reading in readings])


def test_a_reading_comes_back_as_it_was():
    second = Reading("ct-01", 1760000410123, frame.seq_of(3_100_000, 1), {"voltage_v": 231.4}, 0, 1)
    assert received.unpack_readings("ct-01", message(READING, second)) == [READING, second]


def aggregated(n, windows):
    return Reading("ct-01", 1760000400123, frame.seq_of(3_100_000, n), VALUES, AGGREGATED, windows)


def test_an_aggregated_reading_says_for_how_many_windows_it_stands():
    hour = aggregated(1000, 360)
    (back,) = received.unpack_readings("ct-01", message(hour))
    assert back == hour and received.span_of(back) == (hour.seq - 359, hour.seq)
    assert len(frame.pack_record(hour)) == len(frame.pack_record(READING)) + 2
    assert received.span_of(READING) == (READING.seq, READING.seq)


def test_an_aggregated_reading_of_impossibly_many_windows_is_refused():
    for windows in (0, 7):
        refused("frame_body", received.unpack_readings, "ct-01", message(aggregated(6, windows)))


def test_a_terminals_full_record_is_at_most_49_bytes():
    values = {channel.name: channel.low for channel in MEASURED}
    assert len(frame.pack_record(Reading("ct-01", 2**47, 1, values, 0xFFFF, 1))) <= 49


def test_absent_invalid_and_zero_stay_three_things():
    (back,) = received.unpack_readings("ct-01", message(READING))
    assert "voltage_v" not in back.values
    assert back.values["humidity_pct"] is None
    assert back.values["current_a"] == 0.0


def test_what_is_no_number_or_does_not_fit_travels_as_invalid():
    channel = BY_NAME["temperature_c"]
    for value in (None, float("nan"), float("inf"), float("-inf"), 400.0, -400.0):
        assert received.from_steps(channel, to_steps(channel, value)) is None


def test_every_channel_holds_its_own_range():
    for channel in CHANNELS:
        for value in (channel.low, 0.0, channel.high):
            assert in_range(channel, value)
            assert abs(received.from_steps(channel, to_steps(channel, value)) - value) <= 0.5 / channel.scale
        assert not in_range(channel, float("nan")) and not in_range(channel, float("inf"))


def test_a_frame_is_taken_whole_and_leaves_its_tail():
    whole = frame.pack(frame.HELLO, b"body")
    assert frame.unpack(whole + b"tail") == (frame.HELLO, b"body", b"tail")
    for end in range(len(whole)):
        assert frame.unpack(whole[:end]) is None


def test_what_is_no_frame_is_named():
    refused("frame_magic", frame.unpack, b"GET / HTTP/1.1")
    refused("frame_version", frame.unpack, b"\xa1\x02")
    refused("frame_oversize", frame.unpack, b"\xa1\x01\x04\x10\x01")


def test_a_cut_or_padded_message_is_refused():
    whole = message(READING, READING)
    for end in range(6, len(whole)):
        refused("frame_body", received.unpack_readings, "ct-01", whole[:end])
    refused("frame_body", received.unpack_readings, "ct-01", whole + b"\x00")


def test_a_channel_that_is_unknown_or_no_terminals_is_refused():
    for at, bit in ((11, 0x80), (13, 0x01)):  # channel 32, channel 9
        whole = bytearray(message(READING))
        whole[6 + at] |= bit
        refused("channel_unknown", received.unpack_readings, "ct-01", bytes(whole))


def test_gaps_and_acknowledgements_come_back_as_they_were():
    gaps = [Gap(5, 9, "outbox_full"), Gap(2**52, 2**52 + 3, "reboot")]
    assert received.unpack_gaps(frame.pack_gaps(gaps)) == gaps
    intervals = [(1, 5), (2**52, 2**53 - 1)]
    assert frame.unpack_ack(received.pack_ack(intervals)) == intervals
    refused("frame_body", frame.unpack_ack, received.pack_ack(intervals)[:-1])
    refused("frame_body", received.unpack_gaps, frame.pack_gaps([Gap(9, 5, "reboot")]))
    refused("frame_body", received.unpack_gaps, frame.pack_gaps(gaps)[:-1] + b"\x07")


def test_a_text_is_never_empty_cut_or_foreign():
    assert frame.take_text(frame.put_text("gw-1") + b"more") == ("gw-1", 5)
    for body in (b"", b"\x00", b"\x05gw-1", b"\x02\xff\xfe"):
        refused("frame_body", frame.take_text, body)
