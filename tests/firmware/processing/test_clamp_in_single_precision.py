"""The clamp's arithmetic as boards do it: whole numbers of 31 bits, floats of 24 bits of mantissa, each rounded."""

import operator
from math import sqrt
from struct import pack, unpack

import pytest

from firmware.processing.clamp import swing
from tests.firmware.processing.test_clamp import COUNTS, FULL, wave

LARGEST = 2**30  # what a board keeps in a word, without memory


def as_on_a_board(value):
    """A result in the board's own kind of number."""
    if isinstance(value, float):
        return Single(unpack("f", pack("f", value))[0])
    assert -LARGEST <= value < LARGEST, f"{value} leaves the 31 bits of a board"
    return Small(value)


def rounded(name):
    """An operator whose result, and whole operands of a float's, fit a board."""

    def operate(left, right):
        if isinstance(left, float) or isinstance(right, float):
            left, right = (unpack("f", pack("f", float(side)))[0] for side in (left, right))
        else:
            left, right = int(left), int(right)
        return as_on_a_board(getattr(operator, name)(left, right))

    return operate


NAMES = ("add", "sub", "mul", "truediv", "floordiv")
FORWARD = {f"__{name}__": rounded(name) for name in NAMES}
BACKWARD = {f"__r{name}__": (lambda work: lambda right, left: work(left, right))(rounded(name)) for name in NAMES}
Small = type("Small", (int,), {**FORWARD, **BACKWARD})
Single = type("Single", (float,), {**FORWARD, **BACKWARD})


def test_the_emulation_rounds_and_refuses_as_a_board_does():
    assert Small(1) / 3 == unpack("f", pack("f", 1 / 3))[0] != 1 / 3
    assert 2**24 + Single(1.0) == 2**24
    with pytest.raises(AssertionError):
        Small(2**20) * 2**10


@pytest.mark.parametrize("frequency_hz", [45.0, 49.5, 50.0, 60.7, 65.0])
@pytest.mark.parametrize("part", [0.05, 0.3, 1.0])
def test_rms_holds_half_a_per_cent_in_single_precision(part, frequency_hz):
    for phase in range(8):
        samples = [Small(value) for value in wave(part * FULL, frequency_hz, phase * 0.785)]
        rms, mean, _clipped = swing(samples, 0, COUNTS)
        assert isinstance(mean, Single) and abs(rms / (part * FULL / sqrt(2)) - 1) < 0.005


def test_no_sum_leaves_31_bits_even_when_every_sample_is_at_an_end():
    for period in (2, 100, 1000):
        samples = [Small(COUNTS if at % period < period // 2 else 0) for at in range(1000)]
        assert abs(swing(samples, 0, COUNTS)[0] / (COUNTS / 2) - 1) < 0.02
    one_sided = [Small(0)] * 999 + [Small(COUNTS)]
    assert swing(one_sided, 0, COUNTS)[2]
