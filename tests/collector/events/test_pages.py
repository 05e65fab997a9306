"""Pages of events: who handles one from a phone finds what is first, sees what was done, is told what is refused."""

import io
import json
import re

import pytest
from PIL import Image

from collector import accounts, audit, equipment, events, files, gateways, readings, running
from collector.events import Event, snapshot
from collector.following import Following
from collector.running.live import NOTHING
from tests.collector.people import Person, acts
from tests.collector.site import CT, PASSWORD, block, now_ms
from tests.collector.test_languages import SAME_IN_BOTH


@pytest.fixture
def hot(site):
    """The hospital with a CT room at 31 degrees, and an engineer who may handle it."""
    following = Following([events.Judging()])
    following.go_on(now_ms())
    site.upload(block(1, 6, columns={"temperature_c": [2200, 2200, 3100, 3100, 3110, 3100]}))
    following.go_on(now_ms())
    wang = accounts.add_administrator("wang", PASSWORD, now_ms(), "biomedical_engineer")
    accounts.give_scope(wang, "equipment", 1, "A-0001", "", now_ms() - 1, None)
    audit.act_as("collector")
    yield site


@pytest.fixture
def wang(hot):
    person = Person(hot, "wang")
    assert person.sign_in().status_code == 302
    return person


def version(person, number=1):
    return re.search(r'name="version" value="(\d+)"', person.get(f"/events/{number}").text)[1]


def step(person, action, text="", number=1, **more):
    page = f"/events/{number}"
    return person.post(f"{page}/steps", page, action=action, version=version(person, number), text=text, **more)


def test_an_event_is_handled_from_the_inbox_to_the_end(wang):
    inbox = wang.get("/events").text
    assert "Temperature 31.0 °C, above 28.0 °C" in inbox and 'data-severity="serious"' in inbox and "CT 1" in inbox
    page = wang.get("/events/1").text
    assert "<polyline points=" in page and "became more severe" in page
    step(wang, "acknowledge")
    step(wang, "resolve", "fan replaced")
    page = wang.get("/events/1").text
    assert (
        "wang</strong> has seen it" in page and "says it is resolved: fan replaced" in page and 'value="reopen"' in page
    )
    assert 'value="close"' not in page, "it is serious: evaluated first"
    assert acts("event.resolve") == [("wang", "event 1", "done")]


def test_a_serious_event_is_evaluated_before_it_is_closed_and_counted_by_its_cause(wang):
    step(wang, "acknowledge")
    step(wang, "resolve", "fan replaced")
    fields = {
        "cause": "cooling",
        "text": "the fan's bearing",
        "exams": "3",
        "hours": "1.5",
        "effect": "solved",
        "risk": "low",
    }
    place = ("/events/1/evaluation", "/events/1")
    step(wang, "evaluate", "all good")
    assert Event.get().state == "resolved", "an evaluation says more than a text"
    refused = wang.post(*place, version=version(wang), **fields | {"hours": "a while"})
    assert "Hours are a number" in refused.text and "the fan&#39;s bearing</textarea>" in refused.text
    assert Event.get().state == "resolved"
    wang.post(*place, version=version(wang), **fields | {"improvement": "look at it each year"})
    page = wang.get("/events/1").text
    assert "cooling, air conditioning: the fan" in page and "look at it each year" in page and "1.5 h" in page
    late = wang.post(*place, version=1, **fields | {"improvement": "read <it> weekly"})
    assert late.status_code == 409 and "read &lt;it&gt; weekly</textarea>" in late.text, "nobody types it again"
    step(wang, "close")
    assert Event.get().state == "closed" and acts("event.evaluate") == [("wang", "event 1", "done")]
    page = wang.get("/events/statistics").text
    assert "cooling, air conditioning: 1" in page and "0 min" in page and "Radiology" in page


def test_who_comes_second_or_says_nothing_is_told(hot, wang):
    admin = Person(hot, "admin")
    admin.sign_in()
    stale = version(wang)
    step(admin, "begin")
    note = {"action": "note", "text": "it smells of <ozone>"}
    photo = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(photo, "JPEG")
    picture = (io.BytesIO(photo.getvalue()), "a.jpg")
    late = wang.post("/events/1/steps", "/events/1", version=stale, files=picture, **note)
    assert late.status_code == 409 and "admin did something with the event meanwhile" in late.text
    assert "it smells of &lt;ozone&gt;</textarea>" in late.text and "admin</strong> works on it" in late.text
    assert [one.dropped_ms is None for one in files.File.select()] == [False], "the photo of no step takes no room"
    now = re.search(r'name="version" value="(\d+)"', late.text)[1]
    wang.post("/events/1/steps", "/events/1", version=now, **note)
    assert "wang</strong> wrote: it smells" in wang.get("/events/1").text
    refused = step(wang, "resolve", " ")
    assert "The text is missing" in refused.text and Event.get().state == "in_progress"


def test_an_event_knows_what_its_equipment_did_and_what_its_terminal_was_told(hot, wang):
    number = gateways.send_command("ct-01", "identify", {}, "li", "where is it", 10, now_ms())
    said = {"version": "0.1.0", "board": "pico_w", "rssi_dbm": -60}
    record = {"source_id": "gw-1", "seq": 1, "kind": "status", "ts_ms": now_ms(), "body": {"ct-01": said}}
    hot.upload(records=[record])
    readings.remember(running.LIVE.name, {"ct-01": ["working", now_ms() - 60_000, "working", 0, now_ms()]})
    running.LIVE.forget()
    try:
        made = events.report(equipment.equipment_named("A-0001"), "warning", "noise", now_ms(), [], now_ms())
        known = snapshot.taken(1, "ct-01", now_ms())
    finally:
        readings.remember(running.LIVE.name, {"ct-01": list(NOTHING)})
        running.LIVE.forget()
    assert known["terminal"] == {"version": "0.1.0", "board": "pico_w"}
    assert [(one["command_id"], one["verb"], one["issuer"]) for one in known["commands"]] == [
        (number, "identify", "li")
    ]
    page = wang.get(f"/events/{made.id}").text
    assert "working, since" in page and "ct-01" in page
    Event.update(context=json.dumps(known)).where(Event.id == 1).execute()
    page = wang.get("/events/1").text
    assert "0.1.0, pico_w" in page and "Blink, queued, li" in page


def test_a_report_from_the_phone_carries_a_photo_that_only_this_event_shows(wang):
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG")
    fields = {"equipment": "1", "severity": "critical", "text": "smoke at the gantry"}
    answer = wang.post("/events/report", files=(io.BytesIO(picture.getvalue()), "IMG_1.jpg"), **fields)
    path = answer.headers["Location"]
    page = wang.get(path).text
    photo = re.search(r'src="(/events/\d+/files/\d+)"', page)[1]
    assert wang.get(photo).mimetype == "image/jpeg" and "smoke at the gantry" in page
    assert wang.get(photo.replace(path, "/events/1")).status_code == 404
    assert [event.severity for event in Event.inbox(accounts.EVERYTHING)] == ["critical", "serious"]
    assert "is none of" in wang.post("/events/report", files=(io.BytesIO(b"MZ"), "a.jpg"), **fields).text


def test_what_is_outside_the_scope_is_not_there(hot, wang):
    other = equipment.add_equipment(CT | {"asset_number": "A-2", "serial": "2", "department": "Surgery"}, now_ms())
    hidden = events.report(other, "critical", "xhiddenx", now_ms(), [], now_ms())
    assert wang.get(f"/events/{hidden.id}").status_code == 404 and "xhiddenx" not in wang.get("/events").text
    assert "xhiddenx" not in wang.get("/events/wall").text
    assert wang.post(f"/events/{hidden.id}/steps", "/events", action="note", text="x").status_code == 404
    assert wang.post("/events/report", "/events/report", equipment=other.id, text="x").status_code == 404


def test_events_of_an_equipment_are_shelved_and_taken_back(wang):
    wang.post("/events/1/shelf", "/events/1", hours="2", text="service", all="1")
    page = wang.get("/events/1").text
    assert "wang: service" in page
    wang.post("/events/shelves/1/end", "/events/1")
    assert "wang: service" not in wang.get("/events/1").text
    wang.post("/events/1/shelf", "/events/1", hours="9999", text="service")
    assert "within 31 days" in wang.get("/events/1").text


def test_pages_speak_chinese(hot, wang):
    step(wang, "acknowledge")
    step(wang, "resolve", "1")
    for path in (
        "/events",
        "/events/1",
        "/events/wall",
        "/events/report",
        "/events/statistics",
        "/rules",
        "/rules/new",
    ):
        page = wang.client.get(
            path, base_url="https://localhost", headers={"Accept-Language": "zh-CN", "User-Agent": "tests"}
        )
        body = re.sub(r"data-words='[^']*'|<code.*?</code>|<[^>]+>|&#\d+;", " ", page.text[page.text.index("<body") :])
        assert set(re.findall(r"[A-Za-z]{2,}", body)) <= SAME_IN_BOTH | {
            "wang",
            "MB",
            "UPS",
            "HH",
            "MM",
            "DSA",
            "PET",
        }, path
