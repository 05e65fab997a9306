"""A terminal with a deadband, under a real MicroPython: quiet costs little to send, and nothing of it is lost."""

import re
import time

from firmware.protocol.measured import AGGREGATED, EDGE, SHORT_WINDOW
from firmware.protocol.message import Command
from firmware.protocol.received import span_of
from tests.firmware.terminal.conftest import road

STILL = {"temperature_c": 23.45, "humidity_pct": 41.5, "current_a": 60.0}
BANDS = {"deadband_current_a": 2, "deadband_temperature_c": 0.2, "deadband_humidity_pct": 1}
NEVER_S, LEAST_HEAP = 3600, 72 * 1024


def quiet_terminal(make_terminal, broker, **settings):
    """A running terminal with a deadband at equipment that draws 60 A for ever."""
    made = make_terminal(road(broker), settings={**BANDS, **settings})
    made.play(fixed=STILL)
    made.start()
    return made


def of_boot(gateway, boot_no):
    """What came of one boot, each reading once, in order."""
    found = {reading.seq: reading for reading in gateway.readings if reading.seq >> 24 == boot_no}
    return [found[seq] for seq in sorted(found)]


def assert_whole(readings, current_a=60.0):
    """Every number of a boot is there once, and all of the charge but what the ends of a window blur."""
    numbers = [n for first, last in map(span_of, readings) for n in range(first, last + 1)]
    assert [n & 0xFFFFFF for n in numbers] == list(range(1, len(numbers) + 1))
    charge_as = sum(reading.values["charge_as"] for reading in readings[:-1])
    passed_s = (readings[-1].ts_ms - readings[0].ts_ms) / 1000
    assert abs(charge_as - current_a * passed_s) < 0.01 * charge_as + 0.5 * current_a


def test_quiet_windows_arrive_as_one_reading_per_heartbeat_with_all_their_charge(make_terminal, broker, gateway):
    terminal = quiet_terminal(make_terminal, broker, heartbeat_s=4)
    started = int(re.search(r"heap_free (\d+)", terminal.expect("gantry terminal ct-01"))[1])
    assert started >= LEAST_HEAP
    gateway.wait_until(lambda: len([one for one in gateway.readings if one.windows >= 4]) >= 3, 90)
    readings = of_boot(gateway, 1)
    assert_whole(readings)
    for one in readings:
        assert one.windows <= 4 and bool(one.flags & AGGREGATED) == (one.windows > 1)
        assert abs(one.values["current_a"] - 60) < 0.1 and one.values["temperature_c"] == 23.45
        assert abs(one.values["charge_as"] - 60 * one.windows) < 12 * one.windows


def test_an_edge_comes_at_once_behind_what_was_held_and_alone(make_terminal, broker, gateway):
    terminal = quiet_terminal(make_terminal, broker, heartbeat_s=NEVER_S, edge_a=10)
    gateway.wait_for_readings(1)
    time.sleep(3)  # for some windows to be held
    terminal.play(fixed={**STILL, "current_a": 100.0})
    gateway.wait_until(lambda: any(one.flags & EDGE for one in gateway.readings), 30)
    readings = of_boot(gateway, 1)
    edge = next(one for one in readings if one.flags & EDGE)
    before = readings[readings.index(edge) - 1]
    assert edge.windows == 1 and not edge.flags & AGGREGATED and edge.values["current_max_a"] > 99
    assert span_of(before)[1] == edge.seq - 1 and not before.flags & EDGE
    assert any(one.windows > 1 for one in readings) or all(one.flags & SHORT_WINDOW for one in readings[1:])


def test_a_restart_loses_nothing_that_is_held(make_terminal, broker, gateway):
    terminal = quiet_terminal(make_terminal, broker, heartbeat_s=NEVER_S)
    first = gateway.wait_for_readings(1)[0]
    time.sleep(5)  # for some windows to be held
    passed_ms = int(time.time() * 1000) - first.ts_ms
    gateway.say(Command(1, "restart", {}))
    terminal.expect("gantry terminal", 30, times=2)
    gateway.wait_until(lambda: of_boot(gateway, 2), 60)
    readings = of_boot(gateway, 1)
    assert_whole(readings)
    last = readings[-1]
    until_ms = last.ts_ms + 1000 * last.values["charge_as"] / 60
    assert until_ms - first.ts_ms > passed_ms - 2000 and readings[-1].windows > 1
