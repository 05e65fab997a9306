"""What the overview and the charts say: state by age, what needs a person first, gaps as gaps, bindings in time."""

import pytest

from collector import equipment
from collector.dashboard.freshness import state_of
from collector.equipment.lines import with_gaps
from collector.readings import Point
from tests.collector.site import CT, block, now_ms

HOUR_MS = 3_600_000
NOW_MS = 1_790_000_000_000


@pytest.mark.parametrize(
    "age_s,state", [(None, "never"), (0, "live"), (60, "live"), (61, "late"), (600, "late"), (601, "silent")]
)
def test_a_state_follows_from_the_age_of_the_newest_reading(age_s, state):
    newest_ms = None if age_s is None else NOW_MS - age_s * 1000 - 999
    assert state_of(newest_ms, {"late_after_s": 60, "silent_after_s": 600}, NOW_MS) == state


def overview(site):
    return site.get("/api/v1/overview", **site.bearer("token")).json["equipment"]


def series(site, span, equipment_id=1):
    return site.get(f"/api/v1/equipment/{equipment_id}/series?span={span}", **site.bearer("token")).json


def line(answer, channel):
    (found,) = [one for one in answer["lines"] if one["channel"] == channel]
    return found["points"]


def test_what_needs_a_person_comes_first(site):
    equipment.add_equipment(CT | {"asset_number": "A-2", "name": "A live one"}, now_ms())
    equipment.bind("mri-01", "A-2", now_ms())
    site.upload(block(count=1, start_ms=now_ms() - HOUR_MS))
    site.upload(block(count=1, terminal_id="mri-01"), gateway="gw-2")
    assert [(one["name"], one["state"]) for one in overview(site)] == [("CT 1", "silent"), ("A live one", "live")]


def test_a_value_carries_its_unit_and_absent_invalid_and_zero_differ(site):
    site.upload(block(count=1, columns={"current_a": [0], "temperature_c": [None]}))
    values = overview(site)[0]["values"]
    assert values["current_a"]["value"] == 0.0 and values["current_a"]["unit"] == "A"
    assert values["temperature_c"]["value"] is None
    assert "humidity_pct" not in values
    site.sign_in()
    page = site.get("/").text
    assert "0.00" in page and "invalid" in page


def test_a_reading_belongs_to_the_binding_valid_at_its_time(site):
    now = now_ms()
    equipment.add_equipment(CT | {"asset_number": "A-2"}, now)
    site.upload(block(first=1, count=2, start_ms=now - 2_000_000, columns={"current_a": [1000, 1000]}))
    equipment.bind("ct-01", "A-2", now, from_ms=now - 1_000_000)
    site.upload(block(first=9, count=2, columns={"current_a": [7000, 7000]}))
    site.upload(block(first=5, count=1, start_ms=now - 1_500_000, columns={"current_a": [3000]}))
    first, second = series(site, "hour", 1), series(site, "hour", 2)
    assert [mean for _ts, mean, *_ in line(first, "current_a") if mean] == [1.0, 1.0, 3.0]
    assert [mean for _ts, mean, *_ in line(second, "current_a")] == [7.0, 7.0]


@pytest.mark.parametrize("span", ["hour", "day", "month"])
def test_a_chart_has_at_most_720_points_and_ends_now(site, span):
    for part in range(8):
        site.upload(block(first=1 + 500 * part, count=500, start_ms=now_ms() - (8 - part) * 5_000_000))
    answer = series(site, span)
    assert 1 < len(line(answer, "temperature_c")) <= 720
    assert abs(answer["to_ms"] - now_ms()) < 5000 and answer["zone"] == "Asia/Shanghai"


def test_the_band_of_the_current_is_that_of_its_extremes(site):
    columns = {"current_a": [5000], "current_min_a": [1000], "current_max_a": [9000]}
    site.upload(block(count=1, columns=columns))
    for span in ("hour", "day", "month"):
        assert line(series(site, span), "current_a")[0][1:] == [5.0, 1.0, 9.0]


def test_missing_data_is_a_gap_and_slow_data_is_none():
    quick = [Point(ms, 1.0, 1.0, 1.0) for ms in (0, 10_000, 20_000, 200_000, 210_000)]
    assert [point.mean for point in with_gaps(quick, 60_000, 5000)] == [1.0, 1.0, 1.0, None, 1.0, 1.0]
    slow = [Point(ms * 300_000, 1.0, 1.0, 1.0) for ms in range(5)]
    assert with_gaps(slow, 60_000, 5000) == slow
    assert with_gaps([], 60_000, 5000) == []


def test_an_unknown_span_is_refused_with_those_that_are_known(site):
    answer = site.get("/api/v1/equipment/1/series?span=year", **site.bearer("token"))
    assert answer.status_code == 422 and answer.json["errors"][0]["value"] == "year"
    assert "day, hour, month" in answer.json["errors"][0]["do"]
