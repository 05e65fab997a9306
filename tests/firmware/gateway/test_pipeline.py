"""What is checked of a reading before it is kept."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.gateway.pipeline import AHEAD_MS, FIRST_MS, check, time_plausible
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
