"""Looks at sensors become readings: what was measured, what was bad, what was missed."""

import pytest

from firmware.protocol.channels import CLIPPED, CLOCK_STEPPED, EDGE, SENSOR_FAILED, SHORT_WINDOW, STUCK
from firmware.terminal.sampler import Sampler
from firmware.terminal.sensors import SensorError

SETTINGS = {"window_s": 1, "sample_every_ms": 100, "stuck_s": 3, "edge_a": 0}


class Clamp:
    """Looks like a current sensor: gives its values in turn, then the last again; None is a failure."""

    CHANNELS = ("current_a",)
    flags = 0

    def __init__(self, *values):
        self._values, self.looks = list(values), 0

    def read(self):
        self.looks += 1
        value = self._values.pop(0) if len(self._values) > 1 else self._values[0]
        if value is None:
            raise SensorError("clamp is broken")
        return {"current_a": value}


class Doubtful(Clamp):
    """Looks like a loop whose look is no look yet."""

    def read(self):
        return {"current_a": None}


class Slow(Clamp):
    """Looks like a clamp whose look takes long."""

    EVERY_MS = 500


class Climate(Clamp):
    """Looks like a climate sensor."""

    CHANNELS = ("temperature_c", "humidity_pct")

    def read(self):
        value = Clamp.read(self)["current_a"]
        return {"temperature_c": value, "humidity_pct": 50.0}


def play(sensors, until_ms=1000, every_ms=20, edge_a=0, **poll):
    """The windows of a sampler that is polled every so many ms."""
    sampler, windows = Sampler(sensors, {**SETTINGS, "edge_a": edge_a}, 0), []
    for now_ms in range(0, until_ms + 1, every_ms):
        window = sampler.poll(now_ms, **poll)
        if window is not None:
            windows.append(window)
    return windows


def test_a_window_holds_ten_looks_at_the_current_and_one_at_the_air():
    clamp, climate = Clamp(1.0, 3.0), Climate(21.5)
    ((start_ms, values, flags),) = play([clamp, climate])
    assert (start_ms, flags, climate.looks, clamp.looks) == (0, 0, 1, 10)
    assert values["temperature_c"] == 21.5 and values["humidity_pct"] == 50.0
    assert values["current_min_a"] == 1.0 and abs(values["current_a"] - 2.8) < 1e-9
    assert abs(values["charge_as"] - 2.8) < 1e-9


def test_a_sensor_whose_look_takes_long_is_looked_at_as_seldom_as_it_asks_and_its_window_is_not_short():
    clamp = Slow(1.0, 3.0)
    ((_start_ms, values, flags),) = play([clamp])
    assert (clamp.looks, flags) == (2, 0)
    assert values["current_a"] == 2.0 and values["charge_as"] == 2.0


def test_two_sensors_for_one_channel_are_refused_by_its_name():
    with pytest.raises(ValueError, match="two sensors measure current_a"):
        Sampler([Climate(20.0), Clamp(1.0), Slow(2.0)], SETTINGS, 0)


def test_windows_follow_each_other_without_a_hole():
    assert [start_ms for start_ms, _values, _flags in play([Clamp(1.0)], 3000)] == [0, 1000, 2000]


def test_a_sensor_that_is_not_fitted_gives_no_value_at_all():
    ((_start_ms, values, flags),) = play([Climate(20.0)])
    assert sorted(values) == ["humidity_pct", "temperature_c"] and flags == 0


def test_a_sensor_that_fails_gives_invalid_values_and_a_flag():
    ((_start_ms, values, flags),) = play([Clamp(1.0), Climate(None)])
    assert values["temperature_c"] is None and values["humidity_pct"] is None
    assert values["current_a"] == 1.0 and flags == SENSOR_FAILED


def test_a_current_that_failed_all_window_long_is_invalid_not_zero():
    ((_start_ms, values, flags),) = play([Clamp(None)])
    assert values["current_a"] is None and values["charge_as"] is None
    assert flags == SENSOR_FAILED | SHORT_WINDOW


def test_a_single_failed_look_costs_a_sample_not_the_window():
    ((_start_ms, values, flags),) = play([Clamp(2.0, None, 2.0)])
    assert values["current_a"] == 2.0 and flags == SENSOR_FAILED


def test_a_window_with_too_few_looks_is_marked():
    ((_start_ms, values, flags),) = play([Clamp(2.0)], every_ms=250)
    assert values["current_a"] == 2.0 and flags == SHORT_WINDOW


def test_a_stepped_clock_marks_the_window_it_fell_into():
    ((_start_ms, _values, flags),) = play([Clamp(2.0)], clock_stepped=True)
    assert flags == CLOCK_STEPPED


def test_a_board_that_slept_over_windows_begins_a_new_one_instead_of_inventing_old_ones():
    sampler = Sampler([Clamp(1.0)], SETTINGS, 0)
    assert sampler.poll(5000)[0] == 0
    assert sampler.poll(5500) is None
    assert sampler.poll(6000)[0] == 5000


def test_what_a_sensor_complains_of_can_be_told():
    sampler = Sampler([Clamp(None)], SETTINGS, 0)
    sampler.poll(100)
    assert sampler.told == "clamp is broken"


def test_what_a_sensor_says_of_its_looks_marks_the_window():
    clamp = Clamp(1.0)
    clamp.flags = CLIPPED
    assert play([clamp])[0][2] == CLIPPED


def test_a_look_without_a_current_counts_neither_as_zero_nor_as_failed():
    ((_start_ms, values, flags),) = play([Doubtful(2.0)])
    assert (values["current_a"], flags) == (None, SHORT_WINDOW)


def test_a_value_that_never_moves_is_marked_as_stuck_and_no_more_when_it_moves():
    assert [window[2] for window in play([Clamp(*[1.0] * 45, 2.0)], 6000)] == [0, 0, 0, STUCK, 0, 0]
    wandering = [1.0 + look / 1000 for look in range(60)]
    assert [window[2] for window in play([Clamp(*wandering)], 6000)] == [0] * 6


def test_no_current_may_stay_for_ever():
    assert [window[2] for window in play([Clamp(0.0)], 6000)] == [0] * 6


def test_a_window_whose_current_left_the_band_of_the_one_before_is_an_edge():
    currents = [4.0] * 10 + [4.9] * 10 + [30.0] * 10 + [None] * 10 + [30.5] * 10 + [4.0] * 10
    flags = [window[2] for window in play([Clamp(*currents)], 6000, edge_a=1.0)]
    assert [bool(flag & EDGE) for flag in flags] == [False, False, True, False, False, True]
    assert not any(window[2] & EDGE for window in play([Clamp(*currents)], 6000))
