"""States by given levels: dwell, compressor, surges, gaps, order. The same under both Pythons."""

from firmware.processing.following import Following
from firmware.processing.state import Levels, Rule, altered, runs_of, spells_of

HOUR_S = 3600
PLATEAUS = (("off", 0.02), ("standby", 1.5), ("ready", 5.0))
CT = Levels(0, "CT", 1.0, PLATEAUS, 0.0, 0.0, 6.0, 5.6, 1.3, (0.03, 0.06), 10000, 0.1, False, 0.97)
COOLED = (("off", 13.0), ("standby", 17.0), ("ready", 30.0))
MRI = Levels(0, "MRI", 1.0, COOLED, 4.0, 4.0, 33.0, 32.0, 2.5, (0.03, 0.3), 10000, 0.1, False, 0.97)


def windows(*parts):
    """Readings of ten seconds: for (amperes, how many) each a mean with a least and a most around it."""
    out, ts_ms = [], 0
    for amps, count in parts:
        for _ in range(count):
            out.append((ts_ms, amps, amps * 0.99, amps * 1.01))
            ts_ms += 10000
    return out


def told(levels, readings):
    """[(state, seconds)] of sorted readings."""
    rule = Rule(levels)
    return [(one.state, (one.end_ms - one.start_ms) // 1000) for one in spells_of(rule, runs_of(rule, readings))]


def test_each_plateau_is_its_state():
    readings = windows((0.02, 60), (1.5, 60), (5.0, 60), (0.02, 60))
    assert told(CT, readings) == [("off", 600), ("standby", 600), ("ready", 600), ("off", 600)]


def test_a_burst_of_one_window_is_working():
    readings = windows((5.0, 30))
    readings[12] = (120000, 15.0, 5.0, 40.0)
    assert told(CT, readings) == [("ready", 120), ("working", 10), ("ready", 170)]


def test_a_surge_that_lasts_less_than_an_acquisition_is_none():
    readings = windows((5.0, 30))
    readings[12] = (120000, 8.0, 5.0, 100.0)  # as if 100 A had flowed for a third of a second
    assert told(CT, readings) == [("ready", 300)]


def test_an_exposure_is_a_surge_where_exposures_are_what_is_counted():
    readings = windows((5.0, 30))
    readings[12] = (120000, 5.1, 5.0, 100.0)
    assert told(altered(CT, kind="DR", width_s=0.0), readings) == [("ready", 120), ("working", 10), ("ready", 170)]


def test_a_dip_of_one_window_changes_no_state():
    readings = windows((5.0, 30))
    readings[12] = (120000, 1.5, 1.5, 1.5)
    assert told(CT, readings) == [("ready", 300)]


def test_a_compressor_that_cycles_all_night_leaves_the_unit_off():
    night = windows(*[(13.0, 30), (17.0, 40)] * 12)  # with the compressor on it draws what standby draws with it off
    assert told(MRI, night) == [("off", 8400)]


def test_a_compressor_that_cycles_leaves_standby_standby():
    day = windows(*[(17.0, 30), (21.0, 40)] * 6)
    assert told(MRI, day) == [("standby", 4200)]


def test_sequences_are_working_with_the_compressor_on_and_off():
    parts = [(30.0, 12), (45.0, 20), (30.0, 3), (38.0, 20), (34.0, 20), (42.0, 20), (34.0, 12)]
    assert [one for one in told(MRI, windows(*parts)) if one[0] == "working"] == [("working", 200)] * 3


def test_no_current_at_all_is_no_state_of_a_unit_whose_magnet_is_cooled():
    assert told(MRI, windows((13.0, 60), (0.0, 30), (13.0, 60))) == [("off", 600), ("unknown", 300), ("off", 600)]


def test_nothing_is_said_of_a_gap():
    readings = [one for one in windows((5.0, 200)) if not 300000 <= one[0] < 900000]
    assert told(CT, readings) == [("ready", 300), ("ready", 1100)]


def test_windows_without_least_and_most_are_told_by_their_means():
    readings = [(ts_ms, mean, None, None) for ts_ms, mean, _least, _most in windows((5.0, 30), (20.0, 3), (5.0, 30))]
    assert told(altered(CT, width_s=0.0), readings) == [("ready", 300), ("working", 30), ("ready", 300)]


def test_spin_up_and_decay_part_two_acquisitions():
    readings = windows((5.0, 10), (60.0, 1), (5.6, 1), (60.0, 1), (5.0, 10))
    readings[10], readings[12] = (100000, 33.0, 5.0, 60.0), (120000, 33.0, 5.0, 60.0)
    readings[11] = (110000, 6.0, 5.0, 12.0)  # a tail of a second
    assert told(CT, readings) == [("ready", 100), ("working", 10), ("ready", 10), ("working", 10), ("ready", 100)]


def test_a_record_with_a_gain_reads_a_moved_clamp_as_before():
    before, after = windows((5.0, 60)), windows((6.5, 60), (1.95, 60))
    here = Following([CT, altered(CT, from_ms=600000, gain=1.3)])
    for reading in before + [(ts_ms + 600000, mean, least, most) for ts_ms, mean, least, most in after]:
        here.add(*reading)
    assert [(one.state, one.end_ms - one.start_ms) for one in here.spells()] == [
        ("ready", 1200000),
        ("standby", 600000),
    ]


def test_a_late_reading_touches_its_own_hour_only():
    here = Following([CT])
    for reading in windows((5.0, 3 * 360)):
        here.add(*reading)
    whole = here.spells()
    here.add(HOUR_S * 1000 + 5000, 40.0, 5.0, 60.0)
    assert here.touched() == [1]
    assert [one.state for one in here.spells()] == ["ready", "working", "ready"] and len(whole) == 1
    assert here.touched() == []


def test_of_two_readings_of_one_instant_the_larger_counts_whichever_comes_first():
    for pair in ((5.0, 0.02), (0.02, 5.0)):
        here = Following([CT])
        for ts_ms, _mean, _least, _most in windows((5.0, 60)):
            for mean in pair:
                here.add(ts_ms, mean)
        assert [one.state for one in here.spells()] == ["ready"]
