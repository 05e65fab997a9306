"""RMS within half a per cent at any mains frequency and phase; absent, below range and clipped told apart."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.processing.clamp import ADC_MAX, amperes, swing

RATE_HZ, SAMPLES = 5000, 1000
FULL = ADC_MAX / 2 - 40  # counts of amplitude at 100 % of range


def wave(amplitude, frequency_hz=50.0, phase=0.0, bias=ADC_MAX / 2, third=0.0):
    def at(index):
        angle = 2 * math.pi * frequency_hz * index / RATE_HZ + phase
        value = bias + amplitude * math.sin(angle) + amplitude * third * math.sin(3 * angle)
        return min(ADC_MAX, max(0, round(value)))

    return [at(index) for index in range(SAMPLES)]


@given(st.floats(0.05, 1.0), st.floats(45.0, 65.0), st.floats(0.0, 6.283), st.floats(0.4, 0.6))
@settings(max_examples=400, deadline=None)
def test_rms_is_within_half_a_per_cent_from_5_to_100_per_cent_at_45_to_65_hz_and_any_phase(part, hertz, phase, bias):
    amplitude = part * FULL * (1 - 2 * abs(bias - 0.5))
    found = swing(wave(amplitude, hertz, phase, bias * ADC_MAX))
    assert abs(found.rms / (amplitude / math.sqrt(2)) - 1) < 0.005
    assert found.cycles >= 7


@given(st.floats(0.0, 6.283), st.floats(0.0, 0.3))
@settings(max_examples=50, deadline=None)
def test_a_distorted_current_has_its_true_rms(phase, third):
    found = swing(wave(1000, 50.0, phase, third=third))
    assert abs(found.rms / (1000 / math.sqrt(2) * math.sqrt(1 + third**2)) - 1) < 0.005


def test_no_current_is_below_range_and_not_absent():
    one = amperes(swing([2048, 2047] * 500), 0.05)
    assert (one.current_a, one.state) == (0.0, "below_range")


def test_an_unplugged_jack_is_absent_and_not_zero():
    for level in (0, 3, ADC_MAX):
        assert amperes(swing([level] * SAMPLES), 0.05) == (None, "absent")


def test_a_swing_beyond_the_converter_is_marked_clipped():
    one = amperes(swing(wave(2500)), 0.05)
    assert one.state == "clipped" and one.current_a > 0


def test_calibration_is_gain_and_zero():
    found = swing(wave(1000))
    assert abs(amperes(found, 0.1, 1.02, -0.5).current_a - (1000 / math.sqrt(2) * 0.1 * 1.02 - 0.5)) < 0.01


def test_half_a_cycle_gives_the_rms_of_what_there_is():
    assert swing([2048] * 10).cycles == 0
