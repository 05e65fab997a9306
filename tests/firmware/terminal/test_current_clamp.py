"""The AC clamp's looks, under MicroPython: sampled in time, on both kinds of converter, and a bias that cannot be."""

from tests.firmware.terminal.test_quality import CLAMP, looks

ESP32 = """
class Esp32:
    ATTN_11DB = 3
    def __init__(self, pin, atten):
        assert type(pin).__name__ == "Pin" and atten == self.ATTN_11DB
        self._rp2 = rp2(26)
    def read_uv(self):
        return min(3160, max(142, self._rp2.read_u16() * 3300 // 65535)) * 1000

rp2, machine.ADC = machine.ADC, Esp32
clamp = fit(bus, {"kind": "current_clamp", "pin": 26, "full_scale_a": 100.0})
"""


def test_a_converter_that_says_microvolts_gives_the_same_amperes_and_clips_where_it_ends(tmp_path):
    script = (
        CLAMP
        + ESP32
        + """
for current_a in (5.0, 60.0, 100.0, 0.0, 107.0):
    play(fixed={"current_a": current_a})
    look(clamp)
play(absent=["clamp"])
look(clamp)
"""
    )
    *good, none, much, empty = looks(script, tmp_path)
    for true_a, (values, flags) in zip((5.0, 60.0, 100.0), good, strict=True):
        assert abs(values["current_a"] / true_a - 1) < 0.005 and flags == []
    assert none == [{"current_a": 0.0}, ["below_range"]]
    assert much[1] == ["clipped"] and empty[1] == ["absent"]


def test_a_bias_no_plug_can_make_is_wrong_wiring_and_not_an_empty_jack(tmp_path):
    ((said, flags),) = looks(CLAMP + "look(clamp)\n", tmp_path, fixed={"current_a": 0.0, "bias_v": 3.2})
    assert said == "clamp on pin 26 rests at 3.20 V, not at half of 3.3: see its wires" and flags == ["sensor_failed"]


def test_a_look_takes_a_fifth_of_a_second_and_no_memory_for_its_samples(tmp_path):
    script = (
        CLAMP
        + """
import gc, time
gc.collect()
gc.disable()
clamp._convert = lambda: 32768
free, begun_us = gc.mem_free(), time.ticks_us()
clamp._look()
taken_us = time.ticks_diff(time.ticks_us(), begun_us)
print(json.dumps([taken_us, free - gc.mem_free()]))
"""
    )
    ((taken_us, memory),) = looks(script, tmp_path)
    assert taken_us > 199_000 and memory < 1000, (taken_us, memory)


def test_the_units_own_calibration_is_applied_to_a_clamp(tmp_path):
    script = CLAMP + 'fitted = {"kind": "current_clamp", "pin": 26, "calibration": [[10, 11], [60, 66]]}\n'
    ((values, _flags),) = looks(script + "look(fit(bus, fitted))\n", tmp_path)
    assert abs(values["current_a"] - 66) < 0.33


def test_a_clamp_beside_a_loop_leaves_the_terminal_unprovisioned_since_both_measure_the_current(make_terminal):
    entries = [{"kind": "loop_4_20ma", "address": 64}, {"kind": "current_clamp", "pin": 26}]
    terminal = make_terminal(("gw-1", "127.0.0.1", 1, "gw.test"), sensors=entries)
    terminal.start()
    line = terminal.expect("unprovisioned:")
    assert line == "unprovisioned: two sensors measure current_a; a terminal has one for each channel"


def test_a_pin_that_cannot_convert_is_refused_by_its_number(tmp_path):
    script = (
        CLAMP
        + """
try:
    fit(bus, {"kind": "current_clamp", "pin": 5})
except ValueError as error:
    print(json.dumps([str(error), []]))
"""
    )
    assert looks(script, tmp_path) == [["sensor current_clamp: pin 5 has no ADC: 26 to 29 have", []]]
