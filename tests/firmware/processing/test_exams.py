"""Examinations of given spells: pauses, returns to standby, warm-ups. The same under both Pythons."""

from firmware.processing.exams import Habits, exams_of, features_of, groups_of, is_warm_up, ratio, settled
from firmware.processing.state import Spell

HABITS = Habits(100000, 40000, 2700000, None, None, 0.97, 0.0)
UNTOLD = Habits(100000, 0, 2700000, None, None, 0.97, 0.0)
MORNING = ((16.0, 0.4), (240.0, 0.4), (4.0, 0.5), (12.0, 0.5))
PATIENT = ((4.0, 0.4), (90.0, 0.4), (9.0, 0.5), (20.0, 0.5))
WARM = Habits(100000, 0, 2700000, MORNING, PATIENT, 0.97, 0.0)


def dipping(visit_a):
    """HABITS where a pause below visit_a A was a return."""
    return Habits(100000, 40000, 2700000, None, None, 0.97, visit_a)


def spells(*parts):
    """Spells of (state, seconds) one after the other."""
    out, at = [], 0
    for state, seconds in parts:
        out.append(Spell(at, at + seconds * 1000, state, 0.97, 5.0, 20.0, 0.0))
        at += seconds * 1000
    return out


def spans(habits, *parts):
    """(start, end) in seconds of the examinations."""
    return [(exam.start_ms // 1000, exam.end_ms // 1000) for exam in exams_of(habits, spells(*parts))]


def test_an_examination_runs_from_its_first_acquisition_to_its_last():
    assert spans(HABITS, ("ready", 60), ("working", 10), ("ready", 30), ("working", 20), ("ready", 60)) == [(60, 120)]


def test_a_long_pause_parts_two():
    assert spans(HABITS, ("working", 10), ("ready", 101), ("working", 20)) == [(0, 10), (111, 131)]
    assert spans(HABITS, ("working", 10), ("ready", 99), ("working", 20)) == [(0, 129)]


def test_a_return_to_standby_parts_two_where_standby_can_be_told():
    parts = ("working", 10), ("ready", 10), ("standby", 45), ("ready", 10), ("working", 20)
    assert len(spans(HABITS, *parts)) == 2 and len(spans(UNTOLD, *parts)) == 1


def test_a_return_to_standby_parts_two_however_short_it_was():
    parts = ("working", 10), ("ready", 30), ("working", 20)  # every spell's current went down to 5 A
    assert len(spans(dipping(5.5), *parts)) == 2 and len(spans(dipping(4.5), *parts)) == 1


def test_a_moment_off_is_no_morning_and_hours_at_rest_are_one():
    def since(*parts):
        return [group.since_on_ms for group in groups_of(HABITS, spells(("working", 9), *parts, ("working", 10)))][1]

    assert since(("off", 60), ("standby", 200)) is None and since(("off", 3600), ("standby", 200)) == 200000
    assert since(("off", 3600), ("standby", 4 * 3600)) == 0


def test_switching_off_parts_two():
    assert len(spans(HABITS, ("working", 10), ("off", 20), ("working", 20))) == 2


def test_a_warm_up_after_switching_on_is_no_examination():
    morning = [("off", 3600), ("ready", 600)] + [("working", 4), ("ready", 12)] * 16
    patient = [("ready", 400)] + [("working", 9), ("ready", 20)] * 4
    assert len(spans(WARM, *morning, *patient)) == 1
    assert len(spans(WARM, *patient, *morning[1:], *patient)) == 3  # not switched on: it counts


def test_a_unit_whose_mornings_look_like_any_hour_has_no_warm_up():
    assert len(spans(HABITS, ("off", 3600), ("ready", 600), ("working", 10), ("ready", 20), ("working", 9))) == 1


def test_a_first_patient_after_switching_on_is_an_examination():
    group = groups_of(WARM, spells(("off", 3600), ("ready", 600), *[("working", 9), ("ready", 20)] * 4))[0]
    assert features_of(group)[0] == 4 and not is_warm_up(WARM, group)


def test_ratio_is_in_doublings_and_signless():
    assert ratio(8.0, 1.0) == ratio(1.0, 8.0) == 3.0 and ratio(5.0, 5.0) == 0.0 and abs(ratio(3.0, 1.0) - 1.5) < 1e-6


def test_a_pause_near_the_limit_makes_less_sure():
    clear = exams_of(HABITS, spells(("working", 10), ("ready", 20), ("working", 10)))[0]
    near = exams_of(HABITS, spells(("working", 10), ("ready", 98), ("working", 10)))[0]
    assert near.sure < clear.sure <= 0.97


def test_where_ready_draws_what_standby_draws_it_is_ready_around_examinations_only():
    day = spells(("ready", 600), ("working", 10), ("ready", 30), ("working", 10), ("ready", 600))
    said = settled(day, exams_of(HABITS, day), 60000, 30000)
    assert [(one.state, (one.end_ms - one.start_ms) // 1000) for one in said] == [
        ("standby", 540), ("ready", 60), ("working", 10), ("ready", 30), ("working", 10), ("ready", 30),
        ("standby", 570),
    ]  # fmt: skip
