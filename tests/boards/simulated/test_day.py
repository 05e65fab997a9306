"""The day a simulated board plays is the same everywhere, and looks like the equipment it stands for."""

import pytest

from boards.simulated.day import KINDS, Day, drift
from tests.fakes import micropython

MONDAY_S = 1760313600  # 2025-10-13 00:00 on the hospital's clock
HOUR_S, DAY_S = 3600, 86400

SUMS = """
from boards.simulated.day import Day, KINDS
for kind in sorted(KINDS):
    day, total = Day(kind, 3), 0
    for t_s in range({first}, {first} + 7 * 86400, 1777):
        for value in day.at(t_s):
            total += int(value * 1000)
    print(kind, total)
"""


def currents(kind, first_s, seconds, seed=3):
    """Amperes, second by second."""
    day = Day(kind, seed)
    return [day.at(t_s)[0] for t_s in range(first_s, first_s + seconds)]


def runs(samples, above_a):
    """Lengths in seconds of the stretches above a current."""
    lengths, length = [], 0
    for sample in [*samples, 0]:
        if sample > above_a:
            length += 1
        elif length:
            lengths.append(length)
            length = 0
    return lengths


def test_both_pythons_play_the_same_day(tmp_path, capsys):
    exec(SUMS.format(first=MONDAY_S), {})
    assert micropython.run(SUMS.format(first=MONDAY_S), tmp_path) == capsys.readouterr().out


def test_a_second_is_the_same_whatever_was_asked_before():
    day, other = Day("CT", 5), Day("CT", 5)
    asked = [other.at(MONDAY_S + t_s) for t_s in (40000, 100, 90000, 40000)]
    assert asked[0] == asked[3] == day.at(MONDAY_S + 40000)


def test_another_seed_is_another_day():
    assert currents("CT", MONDAY_S + 10 * HOUR_S, 60) != currents("CT", MONDAY_S + 10 * HOUR_S, 60, seed=4)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_stays_within_what_its_supply_and_room_can_mean(kind):
    day = Day(kind, 1)
    for t_s in range(MONDAY_S, MONDAY_S + 7 * DAY_S, 61):
        current_a, temperature_c, humidity_pct = day.at(t_s)
        assert 0 <= current_a < 160 and 15 < temperature_c < 27 and 30 < humidity_pct < 65


def test_a_ct_scans_in_bursts_of_seconds_and_is_off_at_night():
    assert max(currents("CT", MONDAY_S + 2 * HOUR_S, HOUR_S)) < 0.1
    bursts = runs(currents("CT", MONDAY_S + 9 * HOUR_S, 3 * HOUR_S), 30)
    assert len(bursts) > 20 and max(bursts) <= 20


def test_a_magnet_is_cooled_day_and_night_in_cycles():
    night = currents("MRI", MONDAY_S + 2 * HOUR_S, HOUR_S)
    assert min(night) > 10
    assert len(runs(night, 13)) == 6


def test_a_magnet_scans_for_minutes():
    sequences = runs(currents("MRI", MONDAY_S + 9 * HOUR_S, 3 * HOUR_S), 42)
    assert len(sequences) > 10 and 50 < max(sequences) < 400


def test_angiography_holds_a_plateau_with_fluoroscopy_on_it():
    day = currents("DSA", MONDAY_S + 8 * HOUR_S, 10 * HOUR_S)
    assert sum(9 < sample < 10 for sample in day) > HOUR_S
    assert len(runs(day, 11)) > 20


def test_a_linac_beams_on_weekdays_and_rests_at_the_weekend():
    beams = runs(currents("LINAC", MONDAY_S + 9 * HOUR_S, 3 * HOUR_S), 30)
    assert len(beams) > 10 and max(beams) <= 125
    saturday = currents("LINAC", MONDAY_S + 5 * DAY_S + 9 * HOUR_S, 3 * HOUR_S)
    assert not runs(saturday, 3)


def test_fewer_patients_come_at_lunch():
    busy = noon = 0
    for day in range(5):
        busy += len(runs(currents("CT", MONDAY_S + day * DAY_S + 9 * HOUR_S, 5400), 30))
        noon += len(runs(currents("CT", MONDAY_S + day * DAY_S + 12 * HOUR_S, 5400), 30))
    assert noon < busy / 2


def test_the_air_wanders_without_leaps():
    steps = [drift(9, t_s, 1500) for t_s in range(0, 30000, 10)]
    assert max(abs(b - a) for a, b in zip(steps, steps[1:], strict=False)) < 0.02
    assert min(steps) < -0.5 and max(steps) > 0.5
