"""The published drivers, unmodified, over our shim, on chips that answer register by register, under MicroPython."""

import json

from tests.fakes import micropython

BEGIN = """
import json, machine
from firmware.terminal.i2c import Bus
from firmware.terminal.sensors import SensorError
from firmware.terminal.sensors.fitting import fit

PLAY = {play}
bus = Bus(machine.I2C(0))

def play(**change):
    with open("simulated.json", "w") as file:
        json.dump(dict(PLAY, **change), file)

def read(sensor):
    try:
        return sensor.read()
    except SensorError as error:
        return str(error)

sht4x = fit(bus, {{"kind": "sht4x", "address": 0x44}})
loop = fit(bus, {{"kind": "loop_4_20ma", "address": 0x40, "shunt_ohm": 10.0, "full_scale_a": 150.0}})
"""
FIXED = {"temperature_c": 23.45, "humidity_pct": 41.5, "current_a": 60.0}


def said(script, folder, **play):
    """What a script prints after BEGIN, line by line."""
    play = {**micropython.PLAY, "fixed": FIXED, **play}
    return micropython.run(BEGIN.format(play=json.dumps(play)) + script, folder, play).splitlines()


def test_a_climate_sensor_says_what_its_registers_hold(tmp_path):
    (line,) = said("values = read(sht4x); print(json.dumps(values))", tmp_path)
    values = json.loads(line)
    assert round(values["temperature_c"], 2) == 23.45 and round(values["humidity_pct"], 1) == 41.5


def test_a_loop_says_the_clamps_amperes(tmp_path):
    (line,) = said("print(read(loop)['current_a'])", tmp_path)
    assert abs(float(line) - 60.0) < 0.02


def test_no_current_in_the_clamp_is_zero_amperes(tmp_path):
    assert said("print(read(loop))", tmp_path, fixed={"current_a": 0}) == ["{'current_a': 0.0}"]


def test_an_ina219_says_amperes_through_its_shunt_and_volts(tmp_path):
    script = 'print(read(fit(bus, {"kind": "ina219", "address": 0x40, "shunt_ohm": 10.0})))'
    (line,) = said(script, tmp_path, fixed={"loop_ma": 12.34})
    values = eval(line)
    assert abs(values["current_a"] - 0.01234) < 1e-6 and abs(values["voltage_v"] - 23.8766) <= 0.002


def test_a_broken_loop_and_a_transmitter_in_fault_are_no_current(tmp_path):
    script = """
import firmware.terminal.sensors.loop_4_20ma as loops
loops.HOLD_MS = 0
for ma in (0.0, 3.59, 3.7, 20.9, 21.1):
    play(fixed={"loop_ma": ma})
    print(read(loop))
"""
    broken, low, dead_zero, high, fault = said(script, tmp_path)
    assert broken == "4-20 mA loop carries 0.00 mA: look at its wire and its transmitter"
    assert low.startswith("4-20 mA loop carries 3.59 mA") and fault.startswith("4-20 mA loop carries 21.10 mA")
    assert dead_zero == "{'current_a': 0.0}" and "158" in high


def test_a_wrong_checksum_is_no_temperature(tmp_path):
    (line,) = said("print(read(sht4x))", tmp_path, damaged=["sht4x"])
    assert line == "sht4x at 0x44: Invalid CRC calculated"


def test_an_unplugged_sensor_fails_by_name_and_is_back_when_plugged_in(tmp_path):
    script = """
print("temperature_c" in read(sht4x), "current_a" in read(loop))
play(absent=["sht4x", "ina219"])
print(read(sht4x))
print(read(loop))
play()
print("temperature_c" in read(sht4x), "current_a" in read(loop))
"""
    first, climate, clamp, last = said(script, tmp_path)
    assert first == last == "True True"
    assert climate.startswith("sht4x at 0x44: ") and clamp.startswith("ina219 at 0x40: ")


def test_a_sensor_that_was_never_there_fails_by_name_too(tmp_path):
    lines = said("print(read(sht4x))\nprint(read(loop))", tmp_path, absent=["sht4x", "ina219"])
    assert lines[0].startswith("sht4x at 0x44: ") and lines[1].startswith("ina219 at 0x40: ")


def test_a_kind_that_is_not_known_and_an_option_that_is_not_known_are_named(tmp_path):
    script = """
for wanted in ({"kind": "barometer"}, {"kind": "sht4x", "adress": 1}):
    try:
        fit(bus, wanted)
    except ValueError as error:
        print(error)
"""
    kind, option = said(script, tmp_path)
    assert kind == "sensor kind 'barometer' is none of current_clamp, ina219, loop_4_20ma, sht4x"
    assert option.startswith("sensor sht4x: ")


def test_the_bus_swallows_an_empty_write_and_hands_on_slices(tmp_path):
    script = """
bus.writeto(0x40, b"")
bus.writeto(0x77, b"")
buffer = bytearray(b"\\xee" * 5)
bus.writeto_then_readfrom(0x40, b"\\x09\\x00", buffer, out_start=1, in_start=2, in_end=4)
print(buffer)
print(bus.try_lock(), bus.try_lock(), bus.unlock(), bus.try_lock())
"""
    assert said(script, tmp_path) == [r"bytearray(b'\xee\xee9\x9f\xee')", "True False None True"]
