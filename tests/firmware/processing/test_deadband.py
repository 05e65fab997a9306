"""Quiet windows are held and folded, whatever happens is sent at once, and no window and no charge is lost."""

from firmware.processing.deadband import BANDS, Deadband
from firmware.protocol.measured import BELOW_RANGE, CLOCK_STEPPED, EDGE, SENSOR_FAILED

WINDOW_MS = 10000
SETTINGS = dict(dict.fromkeys(BANDS.values(), 0), heartbeat_s=60)
SETTINGS.update({"deadband_current_a": 0.5, "deadband_temperature_c": 0.2})


def window(current_a=4.0, temperature_c=21.0, most_a=None):
    """Values of one window of ten seconds."""
    most_a = current_a if most_a is None else most_a
    values = {"current_a": current_a, "current_min_a": current_a, "current_max_a": most_a}
    values.update({"current_rms_a": current_a, "charge_as": 10 * current_a, "temperature_c": temperature_c})
    return values


def played(windows, **settings):
    """What is sent after each of these windows, (values, flags) each; at the end what is still held."""
    deadband, sent = Deadband(dict(SETTINGS, **settings), BELOW_RANGE), []
    for at, (values, flags) in enumerate(windows):
        sent.append(deadband.take(at * WINDOW_MS, values, flags, (at + 1) * WINDOW_MS))
    return sent, deadband.release()


def counts(sent):
    """How many windows each sent reading stands for, by step."""
    return [[reading[3] for reading in step] for step in sent]


def test_quiet_windows_are_one_reading_per_heartbeat():
    sent, held = played([(window(4.0 + 0.1 * (at % 3)), 0) for at in range(15)])
    assert counts(sent) == [[1]] + [[]] * 5 + [[6]] + [[]] * 5 + [[6]] + [[]] * 2
    assert held[0][0] == 13 * WINDOW_MS and held[0][3] == 2
    assert sent[6][0][0] == WINDOW_MS and sent[12][0][0] == 7 * WINDOW_MS


def test_no_window_and_no_charge_is_lost_whatever_happens():
    windows = [
        (window(4.0 + (at * 7 % 11) * (at % 5 == 0) + 0.01 * at), EDGE if at % 17 == 3 else 0) for at in range(90)
    ]
    sent, held = played(windows)
    readings = [reading for step in sent for reading in step] + held
    starts = [reading[0] for reading in readings]
    assert sum([reading[3] for reading in readings]) == 90 and starts == sorted(starts)
    charge = sum([values["charge_as"] for values, _flags in windows])
    assert abs(sum([reading[1]["charge_as"] for reading in readings]) - charge) < 0.01
    assert len(readings) < 90


def test_a_value_that_leaves_its_band_is_sent_at_once_behind_what_was_held():
    sent, held = played([(window(), 0)] * 3 + [(window(4.6), 0), (window(4.7), 0)])
    assert counts(sent) == [[1], [], [], [2, 1], []] and held[0][3] == 1
    assert sent[3][1][1]["current_a"] == 4.6 and sent[3][0][1]["charge_as"] == 80.0


def test_values_drift_no_further_than_the_band_from_what_was_sent_alone():
    sent, _held = played([(window(temperature_c=21.0 + 0.06 * at), 0) for at in range(6)])
    assert counts(sent) == [[1], [], [], [], [3, 1], []]


def test_a_burst_that_hardly_moves_the_mean_is_sent_at_once():
    sent, _held = played([(window(), 0), (window(), 0), (window(4.2, most_a=90.0), 0)])
    assert counts(sent) == [[1], [], [1, 1]] and sent[2][1][1]["current_max_a"] == 90.0


def test_a_burst_within_the_band_survives_in_most_and_charge():
    sent, _held = played(
        [(window(), 0)] * 4 + [(window(4.2, most_a=80.0), 0)] + [(window(), 0)] * 2, deadband_current_a=100
    )
    assert sent[6][0][1]["current_max_a"] == 80.0 and abs(sent[6][0][1]["charge_as"] - 242.0) < 0.01


def test_an_edge_and_any_doubt_are_sent_at_once_and_alone():
    for flag in (EDGE, SENSOR_FAILED, CLOCK_STEPPED):
        sent, _held = played([(window(), 0), (window(), 0), (window(), flag), (window(), flag)])
        assert counts(sent) == [[1], [], [1, 1], [1]]
        assert [reading[2] for reading in sent[2]] == [0, flag]


def test_equipment_that_is_off_is_quiet_too_and_says_below_range():
    sent, held = played(
        [(window(0.0), 0), (window(0.0), BELOW_RANGE), (window(0.0), BELOW_RANGE), (window(0.0), BELOW_RANGE)]
    )
    assert counts(sent) == [[1], [1], [], []] and held[0][2:] == (BELOW_RANGE, 2)


def test_a_value_that_turns_invalid_or_comes_back_is_sent():
    sent, held = played(
        [(window(), 0), (window(temperature_c=None), 0), (window(temperature_c=None), 0), (window(), 0)]
    )
    assert counts(sent) == [[1], [1], [], [1, 1]] and held == []
    assert sent[3][0][1]["temperature_c"] is None


def test_a_channel_without_a_deadband_counts_at_any_change():
    sent, _held = played([(window(4.0), 0), (window(4.0), 0), (window(4.001), 0)], deadband_current_a=0)
    assert counts(sent) == [[1], [], [1, 1]]


def test_windows_longer_than_the_heartbeat_are_sent_each():
    sent, held = played([(window(), 0)] * 4, heartbeat_s=5)
    assert counts(sent) == [[1]] * 4 and held == []
