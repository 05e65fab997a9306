"""What is checked of a reading before it is kept, and the rules by which it is thinned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.gateway.config import DEFAULTS, read_config
from firmware.gateway.errors import GatewayError
from firmware.gateway.pipeline import AHEAD_MS, FIRST_MS, Rules, check, time_plausible
from firmware.gateway.thinning import Rule
from firmware.protocol.channels import BY_NAME, OUT_OF_RANGE, SHORT_WINDOW
from firmware.protocol.frame import Reading

NOW_MS = 1_795_000_000_000


def reading(values, ts_ms=NOW_MS, flags=0):
    return Reading("ct-01", ts_ms, 1, values, flags, 1)


def test_a_value_out_of_range_becomes_invalid_and_its_neighbours_stay():
    kept, codes = check(reading({"humidity_pct": 131.0, "temperature_c": 21.5}, flags=SHORT_WINDOW), NOW_MS)
    assert kept.values == {"humidity_pct": None, "temperature_c": 21.5}
    assert kept.flags == SHORT_WINDOW | OUT_OF_RANGE
    assert codes == ["value_out_of_range"]


def test_absent_invalid_and_zero_stay_three_things():
    for values in ({}, {"voltage_v": None}, {"voltage_v": 0.0}):
        assert check(reading(values), NOW_MS) == (reading(values), [])


def test_not_a_number_and_infinity_become_invalid():
    kept, codes = check(reading({"current_a": float("nan"), "current_max_a": float("inf")}), NOW_MS)
    assert kept.values == {"current_a": None, "current_max_a": None}
    assert codes == ["value_out_of_range"] * 2


def test_a_time_decades_off_is_kept_and_counted():
    for ts_ms in (0, 946_684_800_000, NOW_MS + AHEAD_MS + 1, 2**48 - 1):
        kept, codes = check(reading({"temperature_c": 20.0}, ts_ms), NOW_MS)
        assert kept.ts_ms == ts_ms and codes == ["time_implausible"]


def test_without_a_proved_clock_only_the_past_is_judged():
    assert time_plausible(2**48 - 1, None)
    assert not time_plausible(FIRST_MS - 1, None)


@given(st.dictionaries(st.sampled_from(sorted(BY_NAME)), st.none() | st.floats()))
def test_whatever_comes_what_is_kept_can_be_meant(values):
    kept, codes = check(reading(values), NOW_MS)
    assert kept.values.keys() == values.keys()
    for name, value in kept.values.items():
        assert value is None or BY_NAME[name].low <= value <= BY_NAME[name].high
    assert bool(codes) == bool(kept.flags & OUT_OF_RANGE)


def test_a_channel_nobody_knows_is_left_out_and_its_neighbours_stay():
    kept, codes = check(reading({"helium_pct": None, "pressure": 4.0, "temperature_c": 21.5}), NOW_MS)
    assert kept == reading({"temperature_c": 21.5}) and codes == ["channel_unknown"] * 2


def rules(tmp_path, text):
    """The Rules of a settings file."""
    (tmp_path / "gateway.toml").write_text(text)
    return Rules(read_config(tmp_path / "gateway.toml"))


def test_by_default_nothing_is_thinned():
    assert Rules(DEFAULTS).of("ct-01") is None


def test_a_terminal_has_the_general_rule_or_its_own(tmp_path):
    text = """
[pipeline]
heartbeat_s = 300
[pipeline.deadband]
temperature_c = 0.1
humidity_pct = 1
[pipeline.spike]
temperature_c = 5.0
[pipeline.terminal.meter-01]
windows = 6
deadband = {}
[pipeline.terminal.ct-01]
deadband = {}
spike = {}
"""
    found = rules(tmp_path, text)
    assert found.of("mr-01") == Rule(1, {"temperature_c": 0.1, "humidity_pct": 1.0}, 300_000, {"temperature_c": 5.0})
    assert found.of("meter-01") == Rule(6, {}, 300_000, {"temperature_c": 5.0})
    assert found.of("ct-01") is None


@pytest.mark.parametrize(
    "text, said",
    [
        ("deadband = {temprature_c = 1}", "pipeline.deadband names 'temprature_c', which is no channel"),
        ("deadband = {temperature_c = 0}", "pipeline.deadband.temperature_c is 0; write a number of °C above 0"),
        ("deadband = {temperature_c = true}", "pipeline.deadband.temperature_c is True"),
        ("spike = {current_a = nan}", "pipeline.spike.current_a is nan"),
        ("deadband = 3", "pipeline.deadband is 3; write a table"),
        ("windows = 6\ndeadband = {temperature_c = 1}", "pipeline has windows = 6 and a deadband; leave one"),
        ("terminal = {ct-01 = 5}", "pipeline.terminal.ct-01 is 5; write a table"),
        ("terminal = {ct-01 = {window = 5}}", "pipeline.terminal.ct-01 is {'window': 5}; write a table with some of"),
        ("terminal = {ct-01 = {windows = 0}}", "pipeline.terminal.ct-01.windows is 0; write a whole number"),
        ("terminal = {ct-01 = {heartbeat_s = -1}}", "pipeline.terminal.ct-01.heartbeat_s is -1; write seconds"),
    ],
)
def test_an_impossible_rule_is_named_with_what_to_write(tmp_path, text, said):
    with pytest.raises(GatewayError) as error:
        rules(tmp_path, f"[pipeline]\n{text}\n")
    assert said in str(error.value)
