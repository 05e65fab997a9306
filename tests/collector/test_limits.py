"""Limits of the surroundings: the nearest rule holds, from its day on, and what was set is never changed."""

from collections import namedtuple
from datetime import date

import numpy as np
import pytest

from collector import db, environment
from collector.environment import CHANGE, VALUE, Indicator, LimitRefused, Target
from collector.environment.defaults import SOURCES
from collector.environment.fields import checked
from collector.environment.inherit import BOUNDS, Rule, nearest, stretches
from collector.environment.judge import Counts, of_hour, of_values, verdict
from collector.readings import Hour
from collector.web.limit_words import SOURCE_WORDS
from tests.collector.people import acts
from tests.collector.site import now_ms

TEMPERATURE = Indicator("temperature_c", VALUE)
Machine = namedtuple("Machine", ("id", "kind", "maker", "model"))
CT_7 = Machine(7, "CT", "Lanhe", "Aurora")
CLASS, MAKER, MODEL, ONE = (
    Target("CT", None, None, None),
    Target("CT", "Lanhe", None, None),
    Target("CT", "Lanhe", "Aurora", None),
    Target(None, None, None, 7),
)


def rule(target, high, from_ms=0, to_ms=None, place="", number=1):
    return Rule(number, target, *TEMPERATURE, place, None, None, None, high, "a", from_ms, to_ms, "b", "c", 0)


def test_the_nearest_of_equipment_model_maker_and_class_holds_whatever_the_order():
    rules = [rule(target, high) for high, target in enumerate((ONE, MODEL, MAKER, CLASS), 1)]
    for left in range(1, 5):
        for order in (rules, rules[::-1]):
            assert nearest(order, CT_7, "equipment", 5)[TEMPERATURE].high_alarm == left
        rules = rules[1:]
    assert nearest([rule(MAKER, 1)], Machine(8, "MRI", "Lanhe", "Aurora"), "equipment", 5) == {}
    assert nearest([rule(ONE, 1)], Machine(8, "CT", "Lanhe", "Aurora"), "equipment", 5) == {}


def test_a_rule_of_a_place_goes_before_one_of_any_place_of_the_same_target_only():
    rules = [rule(CLASS, 1, place="magnet"), rule(CLASS, 2)]
    assert nearest(rules, CT_7, "magnet", 5)[TEMPERATURE].high_alarm == 1
    assert nearest(rules, CT_7, "control", 5)[TEMPERATURE].high_alarm == 2
    assert nearest([*rules, rule(MODEL, 3)], CT_7, "magnet", 5)[TEMPERATURE].high_alarm == 3


def test_a_rule_holds_from_its_day_to_its_last_and_one_without_levels_hands_back():
    rules = [rule(CLASS, 1), rule(ONE, 2, 100, 200), rule(ONE, 3, 300), rule(ONE, None, 400)]
    found = stretches(rules, CT_7, "equipment", 0, 500)[TEMPERATURE]
    assert [(start, end, one.high_alarm) for start, end, one in found] == [
        (0, 100, 1), (100, 200, 2), (200, 300, 1), (300, 400, 3), (400, 500, 1),
    ]  # fmt: skip


def test_a_value_at_its_level_is_within_and_beyond_it_is_not():
    limit = rule(CLASS, 28)._replace(low_alarm=18, low_warning=20, high_warning=24)
    told = {value: verdict(limit, value) for value in (17.9, 18, 19.9, 20, 24, 24.1, 28, 28.1)}
    assert list(told.values()) == [
        "alarm", "warning", "warning", "within", "within", "warning", "warning", "alarm",
    ]  # fmt: skip


def test_an_hour_is_told_from_its_extremes_only_where_they_leave_nothing_open():
    limit = rule(CLASS, 28)._replace(low_alarm=18, low_warning=20, high_warning=24)
    chance = np.random.default_rng(3)
    for _ in range(500):
        values = chance.normal(chance.uniform(15, 31), chance.choice((0.2, 4)), 12).round(1)
        told = of_hour(limit, Hour("temperature_c", 0, 12, values.min(), values.max(), values.sum()))
        assert told in (None, of_values(limit, values, np.ones(12, int)))
        one = len({verdict(limit, value) for value in values}) == 1
        assert (told is not None) == (one and not (values.min() < 20 < 24 < values.max()))
    assert of_values(limit, np.array([21.0, 25, 30]), np.array([6, 3, 1])) == Counts(6, 3, 1)


def test_limits_are_asked_by_equipment_and_instant(site):
    now = now_ms()
    assert environment.level_of(environment.limits(1, now)[TEMPERATURE]) == "default"
    environment.set_limit(CLASS, TEMPERATURE, {"high_alarm": 27}, "Manual 7", "new room", now)
    set_for_one = environment.set_limit(
        Target(None, None, None, 1), TEMPERATURE, {"low_alarm": 19, "high_alarm": 23}, "Letter", "weak tube", now + 10
    )
    levels = [environment.limits(1, at)[TEMPERATURE].high_alarm for at in (now - 1, now, now + 9, now + 10)]
    assert levels == [28, 27, 27, 23]
    environment.end_limit(environment.EnvironmentLimit.numbered(set_for_one.id), "tube replaced", now + 20)
    assert environment.limits(1, now + 20)[TEMPERATURE].source == "Manual 7"
    assert environment.limits(1, now + 15)[TEMPERATURE].source == "Letter"
    environment.set_limit(CLASS, TEMPERATURE, {"high_alarm": 26}, "a", "b", now + 30, to_ms=now + 40)
    assert [environment.limits(1, now + after)[TEMPERATURE].high_alarm for after in (30, 40)] == [26, 28]
    assert environment.version() == 4 and environment.limits(99, now) == {}
    assert [who for who, *_rest in acts("environment.limit")] == ["collector"] * 4


@pytest.mark.parametrize(
    "levels,more,field,code",
    [
        ({"low_alarm": 25, "high_alarm": 20}, {}, "high_alarm", "order"),
        ({"low_warning": 25, "low_alarm": 26}, {}, "low_warning", "order"),
        ({}, {}, "low_alarm", "no_level"),
        ({"high_alarm": 400}, {}, "high_alarm", "range"),
        ({"high_alarm": float("nan")}, {}, "high_alarm", "range"),
        ({"high_alarm": 25}, {"reason": " "}, "reason", "empty"),
        ({"high_alarm": 25}, {"source": ""}, "source", "empty"),
        ({"high_alarm": 25}, {"place": "cellar"}, "place", "choice"),
        ({"high_alarm": 25}, {"from_ms": 50, "to_ms": 50}, "to_on", "order_of_days"),
        ({"high_alarm": 25}, {"target": Target(None, None, None, 99)}, "reason", "target"),
        ({"high_alarm": 25}, {"target": Target("CT", None, "Aurora", None)}, "reason", "target"),
        ({"high_alarm": 25}, {"target": Target("TOASTER", None, None, None)}, "reason", "target"),
        ({"high_alarm": 25}, {"indicator": Indicator("charge_as", VALUE)}, "low_alarm", "indicator"),
    ],
)
def test_a_wrong_limit_is_refused_with_its_field(site, levels, more, field, code):
    about = {"target": CLASS, "indicator": TEMPERATURE, "source": "a", "reason": "b", "now_ms": 40} | more
    with pytest.raises(LimitRefused) as refused:
        environment.set_limit(levels=levels, **about)
    assert (refused.value.field, refused.value.code) == (field, code)
    assert environment.version() == 0


def test_days_that_overlap_are_refused_and_old_days_keep_their_limit(site):
    def put(high, from_ms, to_ms=None):
        environment.set_limit(CLASS, TEMPERATURE, {"high_alarm": high}, "a", "b", 0, from_ms=from_ms, to_ms=to_ms)

    put(25, 100, 200)
    for from_ms in (50, 100, 150):
        with pytest.raises(LimitRefused, match="holds") as refused:
            put(26, from_ms)
        assert refused.value.code == "overlap"
    put(26, 200)
    with pytest.raises(LimitRefused, match="holds"):
        put(27, 200)
    assert [environment.limits(1, at)[TEMPERATURE].high_alarm for at in (99, 100, 199, 200)] == [28, 25, 25, 26]
    with pytest.raises(LimitRefused, match="nothing was set"):
        environment.end_limit(rule(MAKER, 1), "why not", 500)


def test_a_level_may_carry_its_unit_and_no_other():
    humidity = Indicator("humidity_pct", CHANGE)
    for text, value in (("21", 21), ("21.5 °C", 21.5), ("21℃", 21), ("-3°C", -3), ("", None)):
        assert checked(TEMPERATURE, {"low_alarm": text})[0]["low_alarm"] == value
    for text, code in (("70 °F", "unit"), ("21 %", "unit"), ("warm", "number"), ("1e5", "number"), ("999", "range")):
        assert checked(TEMPERATURE, {"low_alarm": text})[1]["low_alarm"] == code
    assert checked(humidity, {"high_alarm": "5％/h"})[0]["high_alarm"] == 5
    assert checked(humidity, {"high_alarm": "-5"})[1]["high_alarm"] == "range"
    good = {"high_alarm": "25", "source": "x", "reason": "y", "from_on": "2026-01-05"}
    assert checked(TEMPERATURE, good) == ({**dict.fromkeys(BOUNDS), "high_alarm": 25.0, "to_on": None} | {
        "from_on": date(2026, 1, 5), "source": "x", "reason": "y"}, {})  # fmt: skip
    assert checked(TEMPERATURE, good | {"low_alarm": "26"})[1] == {"high_alarm": "order"}
    assert checked(TEMPERATURE, good | {"to_on": "2026-01-05"})[1] == {"to_on": "order_of_days"}
    assert checked(TEMPERATURE, good | {"reason": "a\nb"})[1] == {"reason": "too_long"}


def test_every_default_names_its_source_and_orders_its_levels():
    from collector.environment.defaults import DEFAULTS

    assert set(SOURCE_WORDS) == SOURCES
    for one in DEFAULTS:
        levels = [getattr(one, bound) for bound in BOUNDS if getattr(one, bound) is not None]
        assert levels and levels == sorted(levels)
        assert environment.level_of(one) == "default" and (one.channel, one.what) in environment.INDICATORS


def test_a_row_that_was_set_is_never_changed(site):
    environment.set_limit(CLASS, TEMPERATURE, {"high_alarm": 25}, "a", "b", now_ms())
    before = db.rows("SELECT * FROM environment_limit")
    environment.set_limit(CLASS, TEMPERATURE, {"high_alarm": 26}, "a", "b", now_ms() + 5)
    assert db.rows("SELECT * FROM environment_limit ORDER BY id")[:1] == before
