"""RMS within half a per cent at any mains frequency, phase and part of the range: the same under both Pythons."""

from math import pi, sin, sqrt

from firmware.processing.clamp import BIAS_HIGH, BIAS_LOW, FLOOR, MOST, swing

RATE_HZ, SAMPLES = 5000, 1000
FULL = 1.41421356 / 3.3 * MOST  # counts of amplitude of 1 V rms
PHASES = [step * 2 * pi / 12 for step in range(12)]


def wave(amplitude, hertz=50.0, phase=0.0, bias=2047.5, third=0.0):
    """What a converter shows of a current: whole counts, cut at both ends."""
    samples = []
    for index in range(SAMPLES):
        angle = 2 * pi * hertz * index / RATE_HZ + phase
        value = bias + amplitude * (sin(angle) + third * sin(3 * angle))
        samples.append(min(MOST, max(0, int(value + 0.5))))
    return samples


def off(amplitude, *signal, **options):
    """How far the RMS of a sine is from the truth, as a part of it."""
    return abs(swing(wave(amplitude, *signal, **options))[0] / (amplitude / sqrt(2)) - 1)


def test_rms_is_within_half_a_per_cent_from_45_to_65_hz_at_5_to_100_per_cent_and_every_phase():
    worst = 0.0
    for hertz in (45.0, 47.3, 49.5, 50.0, 50.5, 55.55, 60.0, 62.1, 65.0):
        for part in (0.05, 0.25, 1.0):
            for phase in PHASES:
                worst = max(worst, off(part * FULL, hertz, phase))
    assert worst < 0.005, worst


def test_the_bias_may_stand_off_the_middle():
    for bias in (1850.0, 2000.3, 2240.0):
        assert max([off(0.5 * FULL, 50.0, phase, bias=bias) for phase in PHASES]) < 0.005


def test_a_distorted_current_has_its_true_rms():
    for third in (0.1, 0.3):
        rms = swing(wave(1000, 49.7, 1.0, third=third))[0]
        assert abs(rms / (1000 / sqrt(2) * sqrt(1 + third * third)) - 1) < 0.005


def test_no_current_is_below_the_floor_and_its_bias_is_there():
    rms, mean, clipped = swing([2048, 2047, 2047, 2048] * 250)
    assert rms < FLOOR and BIAS_LOW < mean < BIAS_HIGH and not clipped


def test_the_least_of_the_range_is_well_above_the_floor():
    assert swing(wave(0.05 * FULL))[0] > 10 * FLOOR


def test_an_empty_jack_has_no_bias():
    for level in (0, 3, MOST):
        assert not BIAS_LOW <= swing([level] * SAMPLES)[1] <= BIAS_HIGH


def test_a_swing_beyond_the_converter_is_clipped_and_full_range_is_not():
    assert swing(wave(2500))[2] and not swing(wave(FULL))[2]


def test_less_than_a_cycle_gives_what_there_is():
    assert swing([2048] * 10)[0] == 0.0 and swing([2000])[0] == 0.0
