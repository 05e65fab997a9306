"""What the world does to a board's pins: a clamp's sine around its bias, an empty jack, wires held low, lost power."""

import io
import json
from errno import ETIMEDOUT

import pytest

from boards.simulated.bus import CONVERT, WRITE
from boards.simulated.ina219_chip import CALIBRATION
from boards.simulated.world import INA219_ADDRESS, World
from tests.fakes import micropython


class Line(io.BytesIO):
    """A line on which everything was asked before; what is answered stands in `answer`."""

    def __init__(self, asked):
        super().__init__(asked)
        self.answer = b""

    def write(self, data):
        self.answer += data


@pytest.fixture
def play(tmp_path):
    """Says what is played, and gives the bus of that world."""
    file = tmp_path / "simulated.json"
    file.write_text(json.dumps(micropython.PLAY))
    bus = World(tmp_path).bus()

    def change(**options):
        file.write_text(json.dumps({**micropython.PLAY, **options}))
        return bus

    return change


def converted(bus, count):
    """So many conversions of pin 26, as 16 bits."""
    line = Line(bytes((CONVERT, 26, 0)) * count)
    bus.serve(line)
    answers = [line.answer[at : at + 3] for at in range(0, 3 * count, 3)]
    assert all(answer[0] == 0 for answer in answers)
    return [answer[1] << 8 | answer[2] for answer in answers]


def test_a_clamp_at_full_scale_swings_by_1_v_rms_around_half_the_supply(play):
    samples = converted(play(fixed={"current_a": 100.0}), 1000)
    volts = [sample / 65535 * 3.3 for sample in samples]
    assert abs(sum(volts) / 1000 - 1.65) < 0.001
    assert abs((sum((volt - 1.65) ** 2 for volt in volts) / 1000) ** 0.5 - 1) < 0.001
    rises = sum(a < 32768 <= b for a, b in zip(samples, samples[1:], strict=False))
    assert rises in (9, 10)  # 50 Hz for 200 ms


def test_conversions_have_twelve_bits_spread_over_sixteen(play):
    assert all(sample & 0xF == sample >> 12 for sample in converted(play(fixed={"current_a": 30.0}), 100))


def test_a_current_beyond_the_range_runs_into_both_ends_and_an_empty_jack_is_ground(play):
    samples = converted(play(fixed={"current_a": 200.0}), 400)
    assert min(samples) == 0 and max(samples) == 65535
    assert set(converted(play(absent=["clamp"]), 10)) == {0}


def test_a_wire_held_low_stops_every_transfer(play):
    line = Line(bytes((WRITE, INA219_ADDRESS, 1, 0)))
    play(held_low=True).serve(line)
    assert line.answer == bytes((ETIMEDOUT,))


def calibration(bus):
    bus.write(INA219_ADDRESS, bytes((CALIBRATION,)))
    return bus.read(INA219_ADDRESS, 2)


def test_a_brown_out_takes_a_chips_registers_with_it_once(play):
    bus = play()
    bus.write(INA219_ADDRESS, bytes((CALIBRATION, 0x10, 0)))
    assert calibration(bus) == b"\x10\x00"
    play(brown_outs=1)
    assert calibration(bus) == b"\x00\x00"
    bus.write(INA219_ADDRESS, bytes((CALIBRATION, 0x10, 0)))
    assert calibration(bus) == b"\x10\x00"
