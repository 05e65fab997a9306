"""Deadband and heartbeat let through what is new; the spike filter refuses a leap that does not stay."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.processing.filters import Sent, Spikes, changed, worth_sending

BANDS = {"temperature_c": 0.2}
LAST = Sent(0, {"temperature_c": 21.0, "current_a": 5.0})


def said(values, now_ms=1000):
    return worth_sending(LAST, now_ms, values, BANDS, 60_000)


def test_the_first_reading_is_sent():
    assert worth_sending(None, 0, {"temperature_c": 21.0}, BANDS, 60_000)


def test_a_change_inside_its_band_is_not_sent_and_one_beyond_is():
    assert not said({"temperature_c": 21.2, "current_a": 5.0})
    assert said({"temperature_c": 21.3, "current_a": 5.0})


def test_a_channel_without_a_band_is_sent_at_any_change():
    assert said({"temperature_c": 21.0, "current_a": 5.001})


def test_silence_is_broken_by_the_heartbeat():
    assert not said(LAST.values, 59_999)
    assert said(LAST.values, 60_000)


def test_a_value_that_comes_goes_or_turns_invalid_is_sent():
    assert said({"temperature_c": 21.0})
    assert said({**LAST.values, "humidity_pct": 40.0})
    assert said({"temperature_c": None, "current_a": 5.0})
    assert not changed(None, None, 1.0)


@given(st.floats(0.0, 100.0), st.floats(20.0, 100.0))
def test_a_single_leap_is_refused_and_its_neighbours_pass(level, leap):
    spikes = Spikes(10.0)
    taken = [value for given in (level, level + leap, level, level) for value in spikes.take(given)]
    assert taken == [level, level, level]


@given(st.floats(0.0, 100.0), st.floats(20.0, 100.0))
def test_a_leap_that_stays_is_taken_late_but_whole(level, leap):
    spikes = Spikes(10.0)
    values = (level, level + leap, level + leap, level + leap)
    assert [value for given in values for value in spikes.take(given)] == list(values)


def test_an_invalid_value_passes_and_hides_nothing():
    spikes = Spikes(10.0)
    assert [spikes.take(value) for value in (5.0, 50.0, None, 5.0)] == [[5.0], [], [50.0, None], [5.0]]
