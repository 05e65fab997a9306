"""What every terminal must do, whatever it runs on."""

import pytest

from firmware.protocol.channels import ABSENT, REINITIALISED
from firmware.protocol.frame import seq_of
from firmware.terminal import VERSION


def test_it_boots_and_says_who_it_is(bench):
    bench.terminal.expect("link proved gw-1")
    status = bench.status()
    assert status["version"] == VERSION and status["heap_free"] > 0
    if bench.terminal.shows_boot:
        line = bench.terminal.expect("gantry terminal ct-01").split()
        assert line[line.index("boot") + 1] == str(status["boot_no"]) and int(line[-1]) > 0


def test_it_counts_its_boots_over_a_power_cut(bench):
    bench.terminal.expect("link proved")
    first = bench.status()["boot_no"]
    bench.terminal.restart()
    bench.terminal.expect("link proved", times=2)
    assert bench.status()["boot_no"] == first + 1


def test_it_lets_nothing_leave_before_the_gateway_proved_itself(bench):
    bench.gateway.wait_for_readings(1)
    assert bench.gateway.hellos and bench.terminal.expect("link proved gw-1")
    assert bench.gateway.readings[0].seq == seq_of(bench.status()["boot_no"], 1)


def test_it_measures_what_its_sensors_hold(bench):
    bench.terminal.play(fixed={"temperature_c": 23.4, "humidity_pct": 41.0, "current_a": 30.0})
    bench.gateway.wait_until(lambda: any(abs((r.values["temperature_c"] or 0) - 23.4) < 0.05 for r in newest(bench)))
    reading = bench.gateway.wait_for_readings(2)[-1]
    assert abs(reading.values["humidity_pct"] - 41.0) < 0.1
    assert abs(reading.values["current_a"] - 30.0) < 0.3
    assert reading.values["current_min_a"] <= reading.values["current_rms_a"] <= reading.values["current_max_a"]


def newest(bench):
    return bench.gateway.readings[-3:]


def test_it_says_when_a_sensor_is_gone_and_goes_on_when_it_is_back(bench):
    bench.gateway.wait_for_readings(1)
    bench.terminal.play(absent=["sht4x"])
    bench.gateway.wait_until(lambda: any(r.values["temperature_c"] is None for r in newest(bench)))
    gone = next(r for r in newest(bench) if r.values["temperature_c"] is None)
    assert gone.flags and gone.values["current_a"] is not None
    bench.terminal.play()
    bench.gateway.wait_until(lambda: bench.gateway.readings[-1].values["temperature_c"] is not None)


def test_it_sets_up_a_chip_that_lost_its_power_and_says_so(bench):
    bench.gateway.wait_for_readings(1)
    assert not any(reading.flags & REINITIALISED for reading in bench.gateway.readings)
    bench.terminal.play(brown_outs=1)
    bench.gateway.wait_until(lambda: any(r.flags & REINITIALISED for r in bench.gateway.readings))
    marked = next(r for r in bench.gateway.readings if r.flags & REINITIALISED)
    assert marked.values["current_a"] is not None


WITH_A_CLAMP = {"sensors": [{"kind": "current_clamp", "pin": 26, "full_scale_a": 100.0}], "settings": {"window_s": 2}}


@pytest.mark.parametrize("bench", [WITH_A_CLAMP], indirect=True)
def test_it_measures_a_clamp_on_its_converter_and_tells_no_plug_from_no_current(bench):
    bench.terminal.play(fixed={"current_a": 30.0})
    bench.gateway.wait_until(lambda: any(abs((r.values["current_a"] or 0) - 30.0) < 0.15 for r in newest(bench)), 40)
    assert bench.gateway.readings[-1].flags == 0
    bench.terminal.play(absent=["clamp"])
    bench.gateway.wait_until(lambda: any(r.values["current_a"] is None for r in newest(bench)), 40)
    assert bench.gateway.readings[-1].flags & ABSENT


def test_it_keeps_every_reading_over_an_outage(bench):
    bench.gateway.wait_for_readings(2)
    bench.broker.stop()
    bench.terminal.expect("link lost")
    bench.broker.start()
    bench.gateway.wait_for_readings(8, 40)
    numbers = sorted({reading.seq for reading in bench.gateway.readings})
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
