"""Uptime never jumps; the time of day comes from a proved gateway only, and a step is remembered."""

from tests.fakes import micropython

BEGIN = """
import time
from firmware.terminal.chip_clock import set_chip_clock
from firmware.terminal.clock import Clock
ticks = [time.ticks_add(0, -500)]
clock = Clock(lambda: ticks[0])
def wait(ms):
    ticks[0] = time.ticks_add(ticks[0], ms)
"""


def said(script, folder):
    return micropython.run(BEGIN + script, folder).splitlines()


def test_uptime_goes_on_where_the_boards_counter_wraps(tmp_path):
    assert said("wait(400); print(clock.uptime_ms()); wait(400); print(clock.uptime_ms())", tmp_path) == ["400", "800"]


def test_the_time_of_day_is_unknown_until_one_was_proved(tmp_path):
    script = """
print(clock.at(0))
wait(1000)
clock.set(1760000005000)
print(clock.at(0), clock.at(1000), clock.stepped)
"""
    assert said(script, tmp_path) == ["None", "1760000004000 1760000005000 False"]


def test_a_step_of_more_than_a_second_either_way_is_remembered(tmp_path):
    script = """
clock.set(1760000000000)
clock.set(1760000000900); print(clock.stepped)
clock.set(1760000002000); print(clock.stepped)
clock.stepped = False
clock.set(1500000000000); print(clock.stepped, clock.at(0))
"""
    assert said(script, tmp_path) == ["False", "True", "True 1500000000000"]


def test_the_chips_own_clock_is_set_by_date(tmp_path):
    script = """
import machine
set_chip_clock(machine.RTC(), 1760000400000)
print(machine.RTC().datetime())
"""
    assert said(script, tmp_path) == ["(2025, 10, 9, 3, 9, 0, 0, 0)"]


def test_drift_is_what_the_offset_moved_between_proofs_an_hour_apart(tmp_path):
    script = """
clock.set(1760000000000)
wait(3599000); clock.set(1760003599000); print(clock.drift_ppm())
wait(3601000); clock.set(1760007200360); print(clock.drift_ppm())
wait(7200000); clock.set(1760014399568); print(clock.drift_ppm(), clock.steps)
"""
    assert said(script, tmp_path) == ["None", "50", "-30 0"]


def test_drift_is_measured_anew_after_a_step_and_steps_are_counted(tmp_path):
    script = """
clock.set(1760000000000)
wait(7200000); clock.set(1770000000000); print(clock.drift_ppm(), clock.steps)
wait(7200000); clock.set(1770007200072); print(clock.drift_ppm(), clock.steps)
"""
    assert said(script, tmp_path) == ["None 1", "10 1"]
