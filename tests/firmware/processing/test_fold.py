"""Folded windows lose no burst, no charge and no complaint: the same figures under both Pythons."""

from math import isclose

from firmware.processing.fold import fold
from firmware.processing.window import Window

QUIET = {
    "current_a": 4.0,
    "current_min_a": 3.9,
    "current_max_a": 4.1,
    "current_rms_a": 4.0,
    "charge_as": 40.0,
    "temperature_c": 21.0,
}
BURST = {
    "current_a": 10.0,
    "current_min_a": 4.0,
    "current_max_a": 90.0,
    "current_rms_a": 25.0,
    "charge_as": 100.0,
    "temperature_c": 21.4,
}


def alike(one, other):
    """Whether two sets of values are the same but for rounding."""
    return set(one) == set(other) and all(isclose(one[name], other[name], rel_tol=1e-6) for name in one)


def of_samples(samples):
    """The values of one window of these samples, each standing for half a second."""
    window = Window()
    for sample in samples:
        window.add(sample, 0.5)
    return window.values()


def test_one_window_is_itself():
    values, flags, windows = fold([(QUIET, 0x20, 1)])
    assert alike(values, QUIET) and (flags, windows) == (0x20, 1)


def test_a_burst_of_one_window_in_six_is_still_seen_and_its_charge_counted():
    values, _flags, windows = fold([(QUIET, 0, 5), (BURST, 0, 1)])
    assert windows == 6 and values["current_max_a"] == 90.0 and values["current_min_a"] == 3.9
    assert isclose(values["charge_as"], 140.0) and isclose(values["current_a"], 5.0)


def test_folded_windows_say_what_one_long_window_would_have_said():
    first, second, third = [1.0, 2.0, 3.0, 50.0], [4.0, 4.5, 4.0, 4.5], [0.0, 0.0, 7.0, 0.0]
    parts = [(of_samples(samples), 0, 1) for samples in (first, second, third)]
    values, _flags, windows = fold(parts)
    assert windows == 3 and alike(values, of_samples(first + second + third))


def test_folding_in_steps_is_folding_at_once():
    parts = [(QUIET, 0, 1), (BURST, 0, 2), (QUIET, 0, 3)]
    at_once, _flags, windows = fold(parts)
    in_steps, _flags, windows_again = fold([fold(parts[:2]), parts[2]])
    assert alike(at_once, in_steps) and windows == windows_again == 6


def test_flags_are_joined():
    assert fold([(QUIET, 0x01, 1), (QUIET, 0x20, 1), (QUIET, 0, 1)])[1] == 0x21


def test_a_value_that_was_bad_in_some_windows_is_made_of_the_others():
    values, flags, windows = fold([(QUIET, 0, 1), (dict.fromkeys(QUIET), 0x20, 1)])
    assert alike(values, QUIET) and (flags, windows) == (0x20, 2)


def test_a_value_that_was_bad_in_all_windows_stays_bad_and_is_not_zero():
    values, _flags, _windows = fold([({"temperature_c": None}, 0x20, 1), ({"temperature_c": None}, 0x20, 4)])
    assert values == {"temperature_c": None}


def test_no_current_stays_zero_and_what_was_not_measured_stays_away():
    values, _flags, _windows = fold([({"current_a": 0.0}, 0, 1), ({"current_a": 0.0, "voltage_v": 24.0}, 0, 1)])
    assert values == {"current_a": 0.0, "voltage_v": 24.0}
