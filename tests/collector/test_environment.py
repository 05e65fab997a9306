"""The surroundings: shares of time by the limit that held, limits set with reason and preview, nothing of others."""

import io
import random
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook

from collector import accounts, db, environment, equipment, readings
from collector.environment import CHANGE, VALUE, Indicator, Target
from collector.environment.shares import Share, added, shares
from collector.equipment import Equipment
from tests.collector.people import Person, acts
from tests.collector.site import BOOT, CT, PASSWORD, now_ms
from tests.collector.test_api import caller

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
ZONE = "Asia/Shanghai"
MONDAY = date(2026, 3, 2)
DAWN_MS = readings.bounds_of(MONDAY, ZONE)[0]
KEY = (Indicator("temperature_c", VALUE), "equipment")
CHANGES = (Indicator("temperature_c", CHANGE), "equipment")
FOR_CT, FOR_ONE = Target("CT", None, None, None), Target(None, None, None, 1)


def limit(target, low, high, from_ms=None, indicator=KEY[0], reason="r"):
    levels = {"low_alarm": low, "high_alarm": high}
    return environment.set_limit(target, indicator, levels, "manual", reason, now_ms(), from_ms=from_ms)


def measure(values, first=1, start_ms=DAWN_MS, every_ms=10_000):
    """Store one value after the other; None is measured and bad."""
    steps = {1: [None if value is None else round(value * 100) for value in values]}
    count = range(len(values))
    block = readings.Block("ct-01", [BOOT + first + n for n in count], [start_ms + n * every_ms for n in count], steps)
    with db.write():
        readings.append([block])


def told(last_on=MONDAY, now=DAWN_MS + 9 * DAY_MS, zone=ZONE):
    return shares(Equipment.get_by_id(1), MONDAY, last_on, zone, now)


def seconds(share):
    return [round(one) for one in share]


@pytest.fixture
def ct(site):
    """The CT as if registered before its first reading."""
    Equipment.update(created_ms=DAWN_MS).execute()
    return site


def test_every_window_counts_by_the_limit_that_held_then(ct):
    chance = random.Random(5)
    values = [20 + 6 * chance.random() * (n // 360 % 3) for n in range(2 * 8640)]
    measure(values)
    limit(FOR_CT, 18, 25, 0)
    turn_ms = DAWN_MS + 11 * HOUR_MS + 120_000
    limit(FOR_ONE, 19, 23, turn_ms)
    readings.seal(DAWN_MS + 4 * DAY_MS)
    found = told(MONDAY + timedelta(days=1))[KEY]
    bad = {MONDAY: 0, MONDAY + timedelta(days=1): 0}
    for n, value in enumerate(values):
        high = 25 if DAWN_MS + n * 10_000 < turn_ms else 23
        bad[MONDAY + timedelta(days=n // 8640)] += round(value, 2) > high
    assert 0 < bad[MONDAY] < bad[MONDAY + timedelta(days=1)]
    for day, windows in bad.items():
        assert seconds(found[day]) == [86_400 - 10 * windows, 0, 10 * windows, 0]
    assert added(found.values()).within_pct == pytest.approx(100 - 100 * sum(bad.values()) / (2 * 8640))


def test_time_without_a_valid_value_is_neither_good_nor_bad(ct):
    limit(FOR_CT, 18, 25, 0)
    measure([21.0] * 360 + [None] * 360 + [30.0] * 360)
    measure([22.0] * 360, 5000, DAWN_MS + 10 * HOUR_MS)
    assert seconds(told()[KEY][MONDAY]) == [7200, 0, 3600, 75_600]
    assert told()[KEY][MONDAY].within_pct == pytest.approx(200 / 3)
    assert Share(0, 0, 0, 9).within_pct is None


def test_late_readings_change_what_was_told(ct):
    limit(FOR_CT, 18, 25, 0)
    measure([21.0, 26.0] * 180)
    readings.seal(DAWN_MS + 2 * DAY_MS)
    assert seconds(told()[KEY][MONDAY])[:3] == [1800, 0, 1800]
    measure([26.0] * 360, 5000, DAWN_MS + HOUR_MS)
    measure([26.0] * 90, 9000, DAWN_MS + 2 * HOUR_MS)
    assert seconds(told()[KEY][MONDAY])[:3] == [1800, 0, 1800 + 3600 + 900]


def test_the_running_hour_counts_up_to_now(ct):
    limit(FOR_CT, 18, 25, 0)
    measure([21.0] * 90)
    found = told(now=DAWN_MS + 1_200_000)[KEY][MONDAY]
    assert seconds(found) == [900, 0, 0, 300]


def test_a_change_is_that_from_the_mean_of_an_hour_to_the_next(ct):
    limit(FOR_CT, None, 3, 0, CHANGES[0])
    measure([20.0] * 360 + [22.0, 26.0] * 180 + [25.0] * 360)
    found = told()[CHANGES][MONDAY]
    assert seconds(found) == [3600, 0, 3600, 22 * 3600]


def test_a_day_of_a_zone_off_the_hour_ends_at_its_own_midnight(ct):
    limit(FOR_CT, 18, 25, 0)
    begin_ms = readings.bounds_of(MONDAY, "Asia/Kolkata")[0]
    measure([30.0] * 360, start_ms=begin_ms - HOUR_MS // 2)
    assert seconds(told(zone="Asia/Kolkata")[KEY][MONDAY])[2] == 1800


def test_windows_of_another_length_are_seconds_all_the_same(ct):
    limit(FOR_CT, 18, 25, 0)
    measure([21.0] * 60, every_ms=60_000)
    assert seconds(told()[KEY][MONDAY]) == [3600, 0, 0, 82_800]


def test_no_more_than_what_a_terminal_measures_is_counted(ct):
    measure([21.0] * 10)
    assert set(told()) == {KEY}  # no default of humidity or mains, for nobody measures them here


# The pages.


@pytest.fixture
def admin(site):
    person = Person(site, "admin")
    person.sign_in()
    return person


NEW = "/environment/limits/new?kind=CT"
GOOD = {
    "kind": "CT", "indicator": "temperature_c:value", "place": "", "high_alarm": "26 °C", "low_alarm": "19",
    "source": "Manual, page 7", "reason": "new room",
}  # fmt: skip


def test_a_limit_is_looked_at_then_kept_inherited_overridden_and_ended(admin, ct):
    measure([21.0] * 9, start_ms=now_ms() - 90_000)
    page = admin.post("/environment/limits/new", NEW, **GOOD, look="1").text
    assert 'id="preview"' in page and "this limit" in page and environment.version() == 0
    answer = admin.post("/environment/limits/new", NEW, **GOOD, keep="1")
    assert answer.headers["Location"] == "/environment/limits/of?kind=CT"
    page = admin.get("/environment/1").text
    assert "Alarm above 26 °C" in page and "Manual, page 7" in page and "Within limits" in page
    one = GOOD | {"kind": "", "equipment": "1", "high_alarm": "20.5", "source": "Letter"}
    admin.post("/environment/limits/new", "/environment/limits/new?equipment=1", **one, keep="1")
    page = admin.get("/environment/1").text
    assert (
        "Alarm above 20.5 °C" in page and 'data-verdict="alarm"' in page and page.index("Letter") < page.index("26 °C")
    )
    assert "a nearer limit goes on to hold" in admin.post("/environment/limits/new", NEW, **GOOD, look="1").text
    admin.post("/environment/limits/2/end", "/environment/1", reason="")
    assert environment.version() == 2
    admin.post("/environment/limits/2/end", "/environment/1", reason="tube replaced")
    page = admin.get("/environment/1").text
    assert "tube replaced" in page and "Within limits" in page and page.count("data-limit=") == 3
    assert [who for who, *_rest in acts("environment.limit")] == ["admin"] * 3


@pytest.mark.parametrize(
    "more,field,words",
    [
        ({"high_alarm": "10"}, "high_alarm", "is below the level before it"),
        ({"high_alarm": "70 °F"}, "high_alarm", "another unit"),
        ({"high_alarm": "1000"}, "high_alarm", "beyond what can be measured"),
        ({"low_alarm": "", "high_alarm": ""}, "low_alarm", "at least one level"),
        ({"reason": "  "}, "reason", "is missing"),
        ({"from_on": "2026-02-30"}, "from_on", "is no date"),
        ({"from_on": "2026-03-02", "to_on": "2026-03-01"}, "to_on", "not after the first day"),
        ({"indicator": "charge_as:value"}, "indicator", "none of the choices"),
        ({"place": "cellar"}, "place", "none of the choices"),
    ],
)
def test_what_is_wrong_with_a_limit_stands_at_its_field(admin, more, field, words):
    page = admin.post("/environment/limits/new", NEW, **(GOOD | more), keep="1").text
    assert f'data-wrong="{field}"' in page and words in page and environment.version() == 0


def test_days_that_overlap_and_a_channel_nobody_measures_are_told(admin):
    admin.post("/environment/limits/new", NEW, **GOOD, keep="1")
    page = admin.post("/environment/limits/new", NEW, **GOOD, from_on="2026-01-01", keep="1").text
    assert 'data-wrong="from_on"' in page and "overlaps" in page and environment.version() == 1
    water = GOOD | {"indicator": "water_flow_lmin:value", "low_alarm": "6", "high_alarm": ""}
    assert "No terminal measures this there" in admin.post("/environment/limits/new", NEW, **water, look="1").text


def test_script_in_a_limit_is_shown_as_text(admin, ct):
    measure([21.0], start_ms=now_ms() - 10_000)
    said = GOOD | {"source": "<script>a</script>", "reason": "<img src=x onerror=b>"}
    admin.post("/environment/limits/new", NEW, **said, keep="1")
    for path in ("/environment/1", "/environment/limits/of?kind=CT"):
        page = admin.get(path).text
        assert "&lt;script&gt;a" in page and "<script>a" not in page and "<img src=x" not in page


def test_the_worst_comes_first_and_silence_is_not_good(admin, ct):
    for name in "CBA":
        equipment.add_equipment(CT | {"asset_number": name, "name": name}, now_ms())
    equipment.bind("mri-01", "B", now_ms())
    measure([21.0], start_ms=now_ms() - 10_000)
    with db.write():
        readings.append([readings.Block("mri-01", [BOOT + 1], [now_ms() - 1000], {1: [2900], 2: [5000]})])
    page = admin.get("/environment").text
    order = [page.index(f">{name}</a>") for name in ("B", "A", "C", "CT 1")]
    assert order == sorted(order) and 'data-state="unmeasured"' in page
    assert page.count('data-count="alarm"') == 1


def test_a_month_is_taken_out_as_a_spreadsheet(admin, ct):
    measure([21.0] * 360 + [30.0] * 360)
    answer = admin.get("/environment/1/export?month=2026-03")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.values)
    assert rows[0][:4] == ("day", "channel", "what", "place") and rows[1][0].date() == MONDAY
    assert rows[1][1:] == ("temperature_c", "value", "equipment", 3600, 0, 3600, 79_200, 50)
    assert acts("environment.export") == [("admin", "equipment A-0001", "done")]
    for month in ("2026-13", "x", "9999-01", "0001-01", ""):
        assert admin.get(f"/environment/1?month={month}").status_code == 200


def test_an_engineer_sets_what_reaches_no_further_than_the_own_scope(site):
    equipment.add_equipment(CT | {"asset_number": "S-1", "department": "Surgery", "model": "Other"}, now_ms())
    user = accounts.add_administrator("zhao", PASSWORD, now_ms(), "biomedical_engineer")
    accounts.give_scope(user, "department", 1, "Radiology", "", now_ms() - 1, None)
    zhao = Person(site, "zhao")
    zhao.sign_in()
    model = "/environment/limits/new?kind=CT&maker=Maker&model=Model"
    assert (
        zhao.post("/environment/limits/new", model, **GOOD, maker="Maker", model="Model", keep="1").status_code == 302
    )
    assert zhao.post("/environment/limits/new", model, **GOOD, keep="1").status_code == 403
    limit(FOR_CT, 18, 26)
    limit(Target(None, None, None, 2), 18, 26, reason="hidden reason")
    assert zhao.post("/environment/limits/2/end", model, reason="mine").status_code == 403
    assert zhao.post("/environment/limits/3/end", model, reason="mine").status_code == 404
    for path in (
        "/environment/2",
        "/environment/limits/of?kind=CT&maker=Maker&model=Other",
        "/environment/limits/new?equipment=2",
    ):
        assert zhao.get(path).status_code == 404
    assert "Other" not in zhao.get("/environment/limits").text


# /api/v1.

SET = {"kind": "CT", "channel": "temperature_c", "low_alarm": 19, "high_alarm": 26, "source": "Manual", "reason": "new"}


def test_a_program_sets_a_limit_sees_it_hold_and_ends_it(site, ct):
    call = caller(site, accounts.add_token("of admin", now_ms(), "write", 1, "admin"))
    measure([21.0] * 90, start_ms=now_ms() - 900_000)
    made = call("POST", "/environment/limits", SET)
    assert made.status_code == 201 and made.json["level"] == "class" and made.json["unit"] == "°C"
    told = call("GET", "/equipment/1/environment").json
    assert told["state"] == "within" and told["indicators"][0]["limit"] == made.json
    charts = call("GET", "/equipment/1/environment/series?span=hour").json
    assert [one["high_alarm"] for one in charts["bands"]] == [28, 26] and charts["lines"][0][
        "channel"
    ] == "temperature_c"
    day = "2026-03-02"
    (silent,) = call("GET", f"/equipment/1/environment/shares?first_on={day}&last_on={day}").json
    assert (silent["unmeasured_s"], silent["within_s"]) == (86_400, 0)
    days = f"first_on={date.today() - timedelta(days=2)}&last_on={date.today() + timedelta(days=1)}"
    shares_told = call("GET", f"/equipment/1/environment/shares?{days}").json
    assert sum(one["within_s"] for one in shares_told) == pytest.approx(900, abs=11)
    wrong = call("POST", "/environment/limits", SET | {"high_alarm": 10})
    assert wrong.status_code == 422 and wrong.json["errors"][0]["where"] == "body.high_alarm"
    assert call("POST", f"/environment/limits/{made.json['number']}/end", {"reason": "done"}).status_code == 204
    assert call("POST", f"/environment/limits/{made.json['number']}/end", {"reason": "done"}).status_code == 409
    items = call("GET", "/environment/limits").json["items"]
    assert [one["high_alarm"] for one in items] == [26, None]
    assert call("GET", "/environment").json["counts"]["within"] == 1, call("GET", "/environment").json
    assert call("GET", f"/equipment/1/environment/shares?first_on={day}&last_on=2028-01-01").status_code == 422


def test_a_program_sets_nothing_for_others_and_sees_none_of_theirs(site):
    equipment.add_equipment(CT | {"asset_number": "S-1", "department": "Surgery", "model": "Other"}, now_ms())
    user = accounts.add_administrator("zhao", PASSWORD, now_ms(), "biomedical_engineer")
    accounts.give_scope(user, "department", 1, "Radiology", "", now_ms() - 1, None)
    call = caller(site, accounts.add_token("of zhao", now_ms(), "write", 1, "zhao"))
    assert call("POST", "/environment/limits", SET).status_code == 403
    assert call("POST", "/environment/limits", SET | {"kind": "MRI"}).status_code == 404
    del (of_one := dict(SET))["kind"]
    assert call("POST", "/environment/limits", of_one | {"equipment_id": 2}).status_code == 404
    assert call("POST", "/environment/limits", of_one | {"equipment_id": 1}).status_code == 201
    limit(Target(None, None, None, 2), 18, 26)
    limit(Target("CT", "Maker", "Other", None), 18, 26)
    limit(FOR_CT, 18, 27)
    seen = call("GET", "/environment/limits").json["items"]
    assert [one["number"] for one in seen] == [1, 4]
    for path in ("", "/series", "/shares?first_on=2026-03-02&last_on=2026-03-02"):
        assert call("GET", f"/equipment/2/environment{path}").status_code == 404
