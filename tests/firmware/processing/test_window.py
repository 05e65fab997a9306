"""A window of current samples: the same figures under both Pythons."""

from math import isclose, sqrt

from firmware.processing.window import CHANNELS, Window


def filled(samples, held_s=0.5):
    """The values of a window of these samples."""
    window = Window()
    for sample in samples:
        window.add(sample, held_s)
    return window.values()


def test_a_window_says_mean_least_most_rms_and_charge():
    values = filled([1.0, 2.0, 3.0, 6.0])
    assert tuple(sorted(values)) == tuple(sorted(CHANNELS))
    assert isclose(values["current_a"], 3.0)
    assert (values["current_min_a"], values["current_max_a"]) == (1.0, 6.0)
    assert isclose(values["current_rms_a"], sqrt(50 / 4))
    assert isclose(values["charge_as"], 6.0)


def test_a_window_without_a_good_sample_says_so_for_each_value():
    assert filled([]) == dict.fromkeys(CHANNELS)


def test_no_current_is_zero_and_not_absent():
    assert filled([0.0, 0.0]) == dict.fromkeys(CHANNELS, 0.0)


def test_the_charge_counts_each_sample_for_the_time_it_stands():
    window = Window()
    window.add(10.0, 0.1)
    window.add(20.0, 0.9)
    assert isclose(window.values()["charge_as"], 19.0)


def test_a_steady_current_keeps_its_digits_over_many_samples():
    values = filled([1234.5678] * 20000)
    assert isclose(values["current_a"], 1234.5678, rel_tol=1e-6)
    assert isclose(values["current_rms_a"], 1234.5678, rel_tol=1e-6)


def test_a_small_ripple_on_a_large_current_survives():
    values = filled([500.0, 500.5] * 500)
    assert isclose(values["current_a"], 500.25, rel_tol=1e-6)
    assert isclose(values["charge_as"], 500.25 * 500, rel_tol=1e-6)


def test_one_sample_is_its_own_rms():
    assert isclose(filled([7.25])["current_rms_a"], 7.25)
