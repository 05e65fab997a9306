"""/api/v1 about events, rules, use, documents, rollouts and messages: what the pages do, inside the scope."""

import json

import pytest

from collector import accounts, db, equipment, events, gateways, readings
from collector.clock import day_at
from collector.gateways import images
from tests.collector.site import CT, PASSWORD, now_ms
from tests.collector.test_api import caller, engineer, refused  # noqa: F401  engineer is a fixture
from tests.collector.test_labels import picture
from tests.fakes.slots import NEW, image_of, key_list

WANG = "wang by token of wang"
HOT = {"kind": "above", "channel": "temperature_c", "limit": 28.0, "hysteresis": 1.0}


@pytest.fixture
def admin(site):
    """Calls as a system administrator."""
    user = accounts.add_administrator("zhao", PASSWORD, now_ms())
    return caller(site, accounts.add_token("of zhao", now_ms(), "write", 1, user.name))


def test_an_event_goes_its_way_by_steps_that_name_what_was_seen(engineer):  # noqa: F811
    body = {"equipment_id": 1, "severity": "serious", "text": "smoke at the gantry"}
    made = engineer("POST", "/events", body)
    assert made.status_code == 201 and made.json["state"] == "open" and made.json["said"]["text"] == body["text"]
    path = f"/events/{made.json['id']}"

    def step(action, **more):
        version = engineer("GET", path).json["event"]["version"]
        return engineer("POST", f"{path}/steps", {"action": action, "version": version} | more)

    assert step("acknowledge").json["owner"] == WANG
    stale = engineer("POST", f"{path}/steps", {"action": "begin", "version": made.json["version"]})
    assert WANG in refused(stale, "not_done")["detail"]
    assert step("resolve").status_code == 409, "what was done is missing"
    assert step("resolve", text="the fan was changed").json["state"] == "resolved"
    assert step("close").status_code == 409, "serious ones are evaluated first"
    found = {"cause": "cooling", "text": "a fan", "exams": 3, "hours": 2, "effect": "solved", "risk": "none"}
    version = engineer("GET", path).json["event"]["version"]
    assert engineer("POST", f"{path}/evaluations", found | {"version": version}).json["state"] == "evaluated"
    assert step("close").json["state"] == "closed"
    whole = engineer("GET", path).json
    assert [one["action"] for one in whole["steps"]] == ["reported", "acknowledge", "resolve", "evaluate", "close"]
    assert whole["evaluations"][0]["hours"] == 2.0 and whole["actions"] == ["reopen"]
    assert engineer("GET", "/events?state=closed").json["items"][0]["id"] == made.json["id"]
    assert engineer("GET", "/events/statistics").json["causes"] == {"cooling": 1}
    starts = [engineer("GET", f"{path}/{what}").data[:4] for what in ("report", "bundle")]
    assert starts == [b"%PDF", b"PK\x03\x04"]


def test_events_of_others_are_not_there_and_shelves_hold(engineer):  # noqa: F811
    now = now_ms()
    machines = [equipment.equipment_named(number) for number in ("A-0001", "OTHER")]
    mine, theirs = (events.report(one, "warning", "noise", now, [], now) for one in machines)
    assert [one["id"] for one in engineer("GET", "/events").json["items"]] == [mine.id]
    steps = {"action": "merge", "version": 1, "text": "x", "into": theirs.id}
    seen = {"equipment_id": 2, "severity": "notice", "text": "x"}
    for method, path, body in (
        ("GET", f"/events/{theirs.id}", None), ("POST", f"/events/{theirs.id}/shelves", {"hours": 1, "reason": "x"}),
        ("POST", f"/events/{mine.id}/steps", steps), ("POST", "/events", seen),
    ):  # fmt: skip
        refused(engineer(method, path, body), "not_found")
    shelf = engineer("POST", f"/events/{mine.id}/shelves", {"hours": 2, "reason": "service", "all": True}).json
    assert shelf["rule"] == "" and shelf["to_ms"] - shelf["from_ms"] == 7_200_000
    assert engineer("POST", f"/shelves/{shelf['id']}/end", None).status_code == 204
    assert engineer("GET", "/equipment/1/shelves").json == []


def test_a_rule_is_kept_changed_and_ended_with_its_versions(engineer):  # noqa: F811
    made = engineer("POST", "/rules", {"name": "Hot", "kind": "CT", "condition": HOT, "reason": "the manual"})
    assert made.status_code == 201 and made.json["condition"] == HOT and made.json["actor"] == WANG
    path = f"/rules/{made.json['number']}"
    wrong = {"name": "Hot", "condition": HOT | {"channel": "weather"}, "reason": "x"}
    problem = refused(engineer("POST", path, wrong), "field_invalid")
    assert problem["errors"][0]["where"] == "body.condition.channel" and problem["errors"][0]["value"] == "weather"
    warm = {
        "name": "Hot",
        "kind": "CT",
        "condition": HOT | {"limit": 27.0},
        "steps": [[30.0, "critical"]],
        "reason": "y",
    }
    assert engineer("POST", path, warm).json["steps"] == [[30.0, "critical"]]
    assert [one["condition"]["limit"] for one in engineer("GET", path).json] == [27.0, 28.0]
    assert engineer("POST", f"{path}/end", {"reason": "z"}).status_code == 204
    assert engineer("GET", "/rules").json == [] and engineer("POST", f"{path}/end", {"reason": "z"}).status_code == 404


def test_use_is_told_and_corrected_and_what_is_no_day_is_refused(engineer, site):  # noqa: F811
    now = now_ms()
    day = day_at(now, "Asia/Shanghai").isoformat()
    start_ms = readings.bounds_of(day_at(now, "Asia/Shanghai"), "Asia/Shanghai")[0]
    with db.write():
        readings.put_states("ct-01", {start_ms: (0, 300, 0, 600)})
    assert engineer("POST", "/equipment/1/exams", {"day": day, "count": 17}).status_code == 204
    said = {"day": day, "what": "working_h", "value": 3.5, "reason": "the clamp was off"}
    assert engineer("POST", "/equipment/1/corrections", said).status_code == 204
    assert engineer("POST", "/equipment/1/qc", {"day": day, "result": "passed"}).status_code == 204
    (told,) = engineer("GET", f"/equipment/1/usage?first={day}&last={day}").json
    assert (told["exams"], told["source"], told["working_h"]) == (17, "typed", 3.5)
    assert told["hours"]["working"] == pytest.approx(1 / 6, abs=1e-4)
    assert told["corrected"] == {"working_h": "the clamp was off"}
    assert engineer("GET", f"/equipment/1/exams?from_ms={start_ms}&to_ms={start_ms + 1}").json[0]["count"] == 17
    for path in ("usage?first=2026-02-30&last=2026-03-01", "usage?first=2026-01-01&last=2027-06-01",
                 f"states?from_ms=0&to_ms={2**40}", "exams?from_ms=5&to_ms=5"):  # fmt: skip
        refused(engineer("GET", f"/equipment/1/{path}"), "field_invalid")
    refused(engineer("POST", "/equipment/1/exams", {"day": "2093-01-01", "count": 1}), "field_invalid")
    refused(engineer("POST", "/equipment/2/exams", {"day": day, "count": 1}), "not_found")
    assert engineer("GET", f"/equipment/1/warnings?from_ms=0&to_ms={86_400_000}").json == []


def test_documents_come_as_bytes_and_what_they_are_says_their_content(engineer):  # noqa: F811
    photo, bytes_of = picture(size=(300, 200)).read(), {"Content_Type": "application/octet-stream"}
    made = engineer("POST", "/equipment/1/documents?name=a.jpg&kind=photo", photo, **bytes_of)
    assert made.status_code == 201 and made.json["media"] == "image/jpeg"
    path = f"/equipment/1/documents/{made.json['id']}"
    assert engineer("GET", path).data[:2] == b"\xff\xd8"
    problem = refused(
        engineer("POST", "/equipment/1/documents?name=a.pdf&kind=manual", b"MZ", **bytes_of), "field_invalid"
    )
    assert problem["errors"][0]["where"] == "body"
    assert engineer("POST", f"{path}/remove", {"reason": "blurred"}).status_code == 204
    assert engineer("GET", "/equipment/1/documents").json == [] and engineer("GET", path).status_code == 404


def test_firmware_goes_out_by_programs_as_by_pages(admin, site):
    images.trust(site.data_dir, key_list())
    with db.write():
        said = {"ct-01": {"board": "simulated", "trial": False, "version": "0.1.0"}}
        gateways.store(gateways.Gateway.get_by_id(1), "gw-1", 1, "status", now_ms(), said, now_ms())
    image = admin("POST", "/images", image_of(NEW)[1], Content_Type="application/octet-stream")
    assert image.status_code == 201 and admin("GET", "/images").json == [image.json]
    begun = admin("POST", "/rollouts", {"image_id": image.json["image_id"], "reason": "a fix", "rings": "rest"})
    assert begun.status_code == 201 and begun.json["rollout"]["issuer"] == "zhao by token of zhao"
    assert begun.json["terminals"][0]["terminal_id"] == "ct-01"
    assert admin("POST", "/rollouts/1/halt", {"reason": "a doubt"}).status_code == 204
    assert "halted now" in refused(admin("POST", "/rollouts/1/halt", {"reason": "again"}), "not_done")["detail"]
    assert admin("POST", "/rollouts/1/resume").status_code == 204
    assert admin("GET", "/rollouts/1").json["rollout"]["state"] == "running"
    refused(admin("POST", "/rollouts/9/resume"), "not_found")


def test_who_is_told_and_what_became_of_it(admin):
    entered = {"name": "Li", "kind": "email", "url": "mailto://user:pass-word-9@127.0.0.1:9?from=a@b.example"}
    made = admin("POST", "/recipients", entered)
    assert made.status_code == 201 and "pass-word-9" not in made.text
    plain = {"name": "X", "kind": "webhook", "url": f"http://{'s' * 16}@hooks.example.com"}
    assert "https" in refused(admin("POST", "/recipients", plain), "not_done")["detail"]
    path = f"/recipients/{made.json['id']}"
    route = admin("POST", f"{path}/routes", {"severity": "serious", "after_min": 15, "days": "12345"}).json
    assert admin("GET", f"{path}/routes").json == [route] and route["after_min"] == 15
    elsewhere = {"severity": "serious", "department": "Nowhere"}, {"severity": "serious", "equipment_id": 999}
    for bad in elsewhere:
        assert "no such department" in refused(admin("POST", f"{path}/routes", bad), "not_done")["detail"]
    swaps, wang = f"/routes/{route['id']}/swaps", admin("POST", "/recipients", entered | {"name": "wang"}).json
    days = {"recipient_id": wang["id"], "first_on": "2026-05-01", "last_on": "2026-05-05"}
    assert refused(admin("POST", swaps, days | {"last_on": "2026-02-30"}), "field_invalid")["errors"][0]["value"] == (
        "2026-02-30"
    )
    swap = admin("POST", swaps, days).json
    assert admin("GET", swaps).json == [swap] == [days | {"id": swap["id"]}]
    assert admin("POST", f"/swaps/{swap['id']}/end").status_code == 204 and admin("GET", swaps).json == []
    assert admin("POST", f"/recipients/{wang['id']}/end").status_code == 204
    assert admin("POST", f"{path}/test").status_code == 204
    assert [one["state"] for one in admin("GET", "/messages").json] == ["queued"]
    assert admin("POST", f"/routes/{route['id']}/end").status_code == 204
    assert admin("POST", f"{path}/end").status_code == 204 and admin("GET", "/recipients").json == []
    assert "pass-word-9" not in json.dumps(admin("GET", "/messages").json)


def test_how_a_terminal_was_put_up_is_written_down_by_programs_too(admin):
    path, said = "/terminals/ct-01/installations", {"installed_on": "2026-03-01", "clamp": "feeder Q3", "phase": "L1"}
    made = admin("POST", path, said)
    assert made.status_code == 201 and admin("GET", path).json == [made.json] and not made.json["photo"]
    refused(admin("GET", f"{path}/{made.json['id']}/photo"), "not_found")
    assert "no day" in refused(admin("POST", path, said | {"installed_on": "2093-01-01"}), "not_done")["detail"]


def test_a_machine_made_by_a_program_has_its_years(admin):
    about = CT | {"asset_number": "Y-1", "expected_years": 10, "accepted_on": "2020-01-02"}
    made = admin("POST", "/equipment", about)
    assert made.json["expected_years"] == 10
    bad = admin("POST", "/equipment", about | {"asset_number": "Y-2", "expected_years": 0})
    assert refused(bad, "field_invalid")["errors"][0]["where"] == "body.expected_years"
