"""The simulated chips answer register by register as their data sheets say."""

import time
from errno import EIO

import pytest

from boards.simulated import ina219_chip
from boards.simulated.bus import Bus
from boards.simulated.ina219_chip import Ina219Chip
from boards.simulated.sht4x_chip import Sht4xChip, crc8


def sht4x(damaged=False):
    return Sht4xChip(lambda: (23.45, 40.0), lambda: damaged)


def register(chip, number):
    chip.write(bytes((number,)))
    high, low = chip.read(2)
    return high << 8 | low


def test_the_checksum_is_that_of_the_data_sheet():
    assert crc8(b"\xbe\xef") == 0x92


def test_a_read_without_a_command_is_not_acknowledged():
    with pytest.raises(OSError) as refused:
        sht4x().read(6)
    assert refused.value.errno == EIO


def test_a_measurement_takes_its_time_and_is_given_once():
    chip = sht4x()
    chip.write(b"\xfd")
    with pytest.raises(OSError):
        chip.read(6)
    time.sleep(0.01)
    answer = chip.read(6)
    word = answer[0] << 8 | answer[1]
    assert abs(-45 + 175 * word / 65535 - 23.45) < 0.002
    assert crc8(answer[0:2]) == answer[2] and crc8(answer[3:5]) == answer[5]
    with pytest.raises(OSError):
        chip.read(6)


def test_the_serial_number_is_ready_at_once():
    chip = sht4x()
    chip.write(b"\x89")
    assert len(chip.read(6)) == 6


def test_the_heater_warms_what_is_measured():
    chip = sht4x()
    chip.write(b"\x15")
    time.sleep(0.12)
    answer = chip.read(6)
    assert -45 + 175 * (answer[0] << 8 | answer[1]) / 65535 > 24


def test_a_reset_forgets_the_measurement_and_an_unknown_command_is_refused():
    chip = sht4x()
    chip.write(b"\xe0")
    chip.write(b"\x94")
    time.sleep(0.005)
    with pytest.raises(OSError):
        chip.read(6)
    with pytest.raises(OSError):
        chip.write(b"\x01")


def test_registers_begin_as_the_data_sheet_says():
    chip = Ina219Chip(lambda: (0.0, 0.0))
    assert register(chip, ina219_chip.CONFIG) == 0x399F
    assert register(chip, ina219_chip.CALIBRATION) == 0


def test_current_and_power_follow_the_calibration():
    chip = Ina219Chip(lambda: (0.1, 12.0))
    chip.write(bytes((ina219_chip.CALIBRATION, 4096 >> 8, 4096 & 0xFF)))
    assert register(chip, ina219_chip.SHUNT) == 10000
    assert register(chip, ina219_chip.CURRENT) == 10000
    assert register(chip, ina219_chip.BUS) >> 3 == 3000
    assert register(chip, ina219_chip.POWER) == 10000 * 3000 // 5000


def test_conversion_ready_is_set_by_a_conversion_and_cleared_by_a_new_mode():
    chip = Ina219Chip(lambda: (0.1, 12.0))
    assert register(chip, ina219_chip.BUS) & 2
    chip.write(bytes((ina219_chip.CONFIG, 0x39, 0x98)))  # off: no conversion follows
    assert not register(chip, ina219_chip.BUS) & 2


@pytest.mark.parametrize("gain,most", enumerate((4000, 8000, 16000, 32000)))
def test_the_shunt_saturates_at_the_gain(gain, most):
    chip = Ina219Chip(lambda: (0.5, 0.0))
    config = 0x399F & ~0x1800 | gain << 11
    chip.write(bytes((ina219_chip.CONFIG, config >> 8, config & 0xFF)))
    assert register(chip, ina219_chip.SHUNT) == most


def test_a_negative_shunt_voltage_is_a_negative_number():
    assert register(Ina219Chip(lambda: (-0.01, 0.0)), ina219_chip.SHUNT) == 0x10000 - 1000


def test_a_chip_switched_off_keeps_its_last_conversion():
    volts = [0.1]
    chip = Ina219Chip(lambda: (volts[0], 0.0))
    register(chip, ina219_chip.SHUNT)
    chip.write(bytes((ina219_chip.CONFIG, 0x39, 0x98)))
    volts[0] = 0.2
    assert register(chip, ina219_chip.SHUNT) == 10000


def test_a_reset_bit_brings_the_first_values_back():
    chip = Ina219Chip(lambda: (0.1, 12.0))
    chip.write(bytes((ina219_chip.CALIBRATION, 0x10, 0x00)))
    chip.write(bytes((ina219_chip.CONFIG, 0x80, 0x00)))
    assert register(chip, ina219_chip.CALIBRATION) == 0


def test_an_address_without_a_chip_an_unplugged_one_and_an_empty_write_are_not_acknowledged():
    bus, plugged = Bus(), [True]
    bus.attach(0x40, Ina219Chip(lambda: (0.0, 0.0)), lambda: plugged[0])
    bus.write(0x40, b"\x00")
    for action in (lambda: bus.write(0x41, b"\x00"), lambda: bus.read(0x41, 2), lambda: bus.write(0x40, b"")):
        with pytest.raises(OSError) as refused:
            action()
        assert refused.value.errno == EIO
    plugged[0] = False
    with pytest.raises(OSError):
        bus.read(0x40, 2)
