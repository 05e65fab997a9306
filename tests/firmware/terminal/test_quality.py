"""What a sensor says beside its value: on the simulated chips, under MicroPython, through the published drivers."""

import json

import pytest

from firmware.protocol.channels import ABSENT, BELOW_RANGE
from tests.firmware.terminal.conftest import road
from tests.firmware.terminal.test_sensors import said

NAMES = """
from firmware.protocol import channels

def look(sensor):
    try:
        values = sensor.read()
        flags = sensor.flags
    except SensorError as error:
        values, flags = str(error), error.flags
    print(json.dumps([values, [name for bit, name, _meaning in channels.FLAGS if flags & bit]]))
"""
CLAMP = NAMES + 'clamp = fit(bus, {"kind": "current_clamp", "pin": 26, "full_scale_a": 100.0})\n'


def looks(script, folder, **play):
    """[(values or complaint, names of flags)] of a script's looks."""
    return [json.loads(line) for line in said(script, folder, **play)]


@pytest.mark.parametrize("mains_hz", [45.0, 50.0, 60.0, 65.0])
def test_a_clamp_says_the_amperes_within_half_a_per_cent_from_5_to_100_per_cent(tmp_path, mains_hz):
    script = CLAMP + 'for a in (5.0, 30.0, 100.0):\n    play(mains_hz=%s, fixed={"current_a": a})\n    look(clamp)\n'
    found = looks(script % mains_hz, tmp_path)
    for true_a, (values, flags) in zip((5.0, 30.0, 100.0), found, strict=True):
        assert abs(values["current_a"] / true_a - 1) < 0.005 and flags == []


def test_no_current_an_unplugged_clamp_and_too_much_current_are_three_things(tmp_path):
    script = (
        CLAMP
        + """
for change in ({"fixed": {"current_a": 0.0}}, {"absent": ["clamp"]}, {"fixed": {"current_a": 200.0}}, {}):
    play(**change)
    look(clamp)
"""
    )
    none, empty, much, back = looks(script, tmp_path)
    assert none == [{"current_a": 0.0}, ["below_range"]]
    assert empty == ["clamp on pin 26: no bias, its plug is not in", ["absent"]]
    assert much[1] == ["clipped"] and 100 < much[0]["current_a"] < 200
    assert abs(back[0]["current_a"] - 60) < 0.3 and back[1] == []


def test_a_loop_is_called_broken_after_four_seconds_and_says_no_current_until_then(tmp_path):
    script = (
        NAMES
        + """
import firmware.terminal.sensors.loop_4_20ma as loops
ticks = [0]
class Time:
    ticks_ms, ticks_diff = (lambda: ticks[0]), (lambda later, sooner: later - sooner)
loops.time = Time
for ms, ma in ((0, 12.0), (1000, 2.0), (4999, 2.0), (5000, 2.0), (5500, 12.0), (6000, 2.0)):
    ticks[0] = ms
    play(fixed={"loop_ma": ma})
    look(loop)
"""
    )
    good, first, held, broken, again, doubted = looks(script, tmp_path)
    assert good == again and good[0]["current_a"] > 0
    assert first == held == doubted == [{"current_a": None}, []]
    assert broken == ["4-20 mA loop carries 2.00 mA: look at its wire and its transmitter", ["sensor_failed"]]


def test_a_saturated_transmitter_is_a_lower_bound(tmp_path):
    ((values, flags),) = looks(NAMES + "look(loop)\n", tmp_path, fixed={"current_a": 500.0})
    assert flags == ["clipped"] and 150 < values["current_a"] < 160


def test_a_loop_says_the_voltage_it_is_fed_with_when_asked_to(tmp_path):
    script = NAMES + 'look(fit(bus, {"kind": "loop_4_20ma", "shunt_ohm": 10.0, "voltage": True}))\n'
    ((values, _flags),) = looks(script, tmp_path, fixed={"loop_ma": 12.0, "supply_v": 18.5})
    assert abs(values["voltage_v"] - 18.5) < 0.005


def test_a_chip_that_lost_its_power_is_set_up_again_counted_and_said_once(tmp_path):
    script = (
        NAMES
        + """
meter = fit(bus, {"kind": "ina219", "shunt_ohm": 10.0})
look(meter)
play(fixed={"loop_ma": 12.0}, brown_outs=1)
look(meter)
look(meter)
print(json.dumps([meter.reinitialised, []]))
"""
    )
    before, lost, after, count = looks(script, tmp_path, fixed={"loop_ma": 12.0})
    assert before[0] == lost[0] == after[0] and abs(lost[0]["current_a"] - 0.012) < 1e-6
    assert (before[1], lost[1], after[1], count[0]) == ([], ["reinitialised"], [], 1)


def test_a_bus_held_low_fails_every_chip_by_name_and_both_are_back_when_it_is_free(tmp_path):
    script = (
        NAMES
        + """
for held in (False, True, False):
    play(held_low=held)
    look(sht4x)
    look(loop)
"""
    )
    found = looks(script, tmp_path)
    assert found[2][0].startswith("sht4x at 0x44: ") and found[3][0].startswith("ina219 at 0x40: ")
    assert all(flags == ["sensor_failed"] for _values, flags in found[2:4])
    assert all(isinstance(values, dict) for values, _flags in found[:2] + found[4:])


def test_the_units_own_calibration_is_applied(tmp_path):
    script = NAMES + 'fitted = {"kind": "loop_4_20ma", "shunt_ohm": 10.0, "full_scale_a": 150.0}\n'
    script += "fitted['calibration'] = [[10, 11], [110, 113]]\nlook(fit(bus, fitted))\n"
    ((values, _flags),) = looks(script, tmp_path)
    assert abs(values["current_a"] - 62.0) < 0.03


@pytest.mark.parametrize(
    "option,complaint",
    [
        ({"calibration": [[5, 5], [5, 9]]}, "calibration has measured 5 twice"),
        ({"calibration": [[0, 0], [10, 90]]}, "calibration makes a gain of 9"),
        ({"calibration": "1.02"}, "calibration is '1.02'; it is [[measured, true], [measured, true]]"),
        ({"shunt_ohm": 0}, "shunt_ohm is 0; it is a number above 0"),
        ({"shunt_ohm": "ten"}, "shunt_ohm is 'ten'; it is a number above 0"),
    ],
)
def test_a_sensor_set_up_wrongly_leaves_the_terminal_unprovisioned_and_says_why(make_terminal, option, complaint):
    entry = {"kind": "ina219", "address": 64, **option}
    terminal = make_terminal(("gw-1", "127.0.0.1", 1, "gw.test"), sensors=[entry])
    terminal.start()
    line = terminal.expect("unprovisioned:")
    assert line.startswith("unprovisioned: sensor ina219: ") and complaint in line


def test_a_clamp_arrives_at_the_gateway_with_what_is_doubted_of_it(make_terminal, broker, gateway):
    clamp = {"kind": "current_clamp", "pin": 26, "full_scale_a": 100.0, "calibration": [[0, 0], [50, 51]]}
    settings = {"window_s": 2, "sample_every_ms": 400}
    terminal = make_terminal(road(broker), sensors=[clamp], settings=settings)
    terminal.play(fixed={"current_a": 50.0})
    terminal.start()
    reading = gateway.wait_for_readings(1)[0]
    assert abs(reading.values["current_rms_a"] / 51 - 1) < 0.005 and not reading.flags & (ABSENT | BELOW_RANGE)
    terminal.play(fixed={"current_a": 0.0})
    gateway.wait_until(lambda: gateway.readings[-1].values["current_max_a"] == 0.0)
    assert gateway.readings[-1].flags & BELOW_RANGE
    terminal.play(absent=["clamp"])
    gateway.wait_until(lambda: gateway.readings[-1].values["current_a"] is None)
    assert gateway.readings[-1].flags & ABSENT
    terminal.play(fixed={"current_a": 50.0})
    gateway.wait_until(lambda: gateway.readings[-1].values["current_a"] is not None)
