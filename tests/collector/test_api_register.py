"""/api/v1 about the register and oneself: many at once, lists, settings, search, labels and photos, as on the pages."""

from collector import accounts, api
from firmware.protocol.label import check_digits
from tests.collector.people import acts
from tests.collector.site import CT, PASSWORD, now_ms
from tests.collector.test_api import caller, engineer, refused  # noqa: F401  engineer is a fixture
from tests.collector.test_labels import picture


def test_one_field_of_many_is_looked_at_changed_at_once_and_never_outside(engineer):  # noqa: F811
    other = engineer("POST", "/equipment", CT | {"asset_number": "A-2"}).json["id"]
    asked = {"ids": [1, other], "field": "supplier", "value": "Medical Ltd", "reason": "taken over"}
    looked = engineer("POST", "/equipment/several", asked).json
    assert looked["changed"] == 0 and [one["after"] for one in looked["edits"]] == ["Medical Ltd"] * 2
    assert engineer("GET", "/equipment/1").json["supplier"] != "Medical Ltd"
    assert engineer("POST", "/equipment/several", asked | {"apply": True}).json["changed"] == 2
    assert engineer("GET", f"/equipment/{other}/changes").json["items"][0]["reason"] == "taken over"
    moved = asked | {"field": "department", "value": "Surgery", "apply": True}
    told = engineer("POST", "/equipment/several", moved).json
    assert told["changed"] == 0 and {one["wrong"] for one in told["edits"]} == {"scope"}
    problem = refused(
        engineer("POST", "/equipment/several", asked | {"ids": [1, 2], "value": "x", "apply": True}), "field_invalid"
    )
    assert [one["value"] for one in problem["errors"]] == [2]
    assert engineer("GET", "/equipment/1").json["supplier"] == "Medical Ltd"


def test_a_binding_is_ended_once_and_stays_in_the_history(engineer):  # noqa: F811
    (bound,) = engineer("GET", "/equipment/1/bindings").json["items"]
    path = f"/equipment/1/bindings/{bound['id']}/end"
    ended = engineer("POST", path).json
    assert ended["to_ms"] > bound["from_ms"] and ended | {"to_ms": None} == bound
    assert "has an end already" in refused(engineer("POST", path), "not_done")["detail"]
    assert engineer("GET", "/equipment/1/bindings").json["items"] == [ended]
    assert [one[0] for one in acts("terminal.unbind")] == ["wang by token of wang"]


def test_a_list_is_kept_in_place_of_its_namesake_and_by_its_owner_alone(engineer, site):  # noqa: F811
    asked = {"name": "CT of Radiology", "kind": "CT", "columns": ["name", "serial"]}
    first = engineer("POST", "/me/lists", asked)
    assert first.status_code == 201 and first.json["columns"] == ["name", "serial"] and first.json["text"] == ""
    again = engineer("POST", "/me/lists", asked | {"text": "Siemens"}).json
    assert engineer("GET", "/me/lists").json == [again] and again["text"] == "Siemens"
    for number in range(29):
        engineer("POST", "/me/lists", {"name": f"list {number}"})
    many = refused(engineer("POST", "/me/lists", {"name": "one more"}), "not_done")
    assert "you keep 30 lists already" in many["detail"]
    assert refused(engineer("POST", "/me/lists", {"name": " "}), "field_invalid")["errors"][0]["where"] == "body.name"
    user = accounts.add_administrator("li", PASSWORD, now_ms(), "technician")
    li = caller(site, accounts.add_token("of li", now_ms(), "write", 1, user.name))
    assert li("GET", "/me/lists").json == [] and li("DELETE", f"/me/lists/{again['id']}").status_code == 404
    assert engineer("DELETE", f"/me/lists/{again['id']}").status_code == 204
    assert "CT of Radiology" not in [one["name"] for one in engineer("GET", "/me/lists").json]


def test_how_things_are_shown_to_oneself_is_changed(engineer):  # noqa: F811
    assert engineer("GET", "/me/settings").json == {"zone": "", "language": ""}
    said = {"zone": "Asia/Urumqi", "language": "zh_CN"}
    assert engineer("PUT", "/me/settings", said).json == said == engineer("GET", "/me/settings").json
    assert "is no time zone" in refused(engineer("PUT", "/me/settings", said | {"zone": "Mars"}), "not_done")["detail"]
    assert refused(engineer("PUT", "/me/settings", said | {"language": "tlh"}), "field_invalid")
    assert [one[0] for one in acts("user.settings")] == ["wang by token of wang"]


def test_the_search_finds_what_is_inside_the_scope(engineer):  # noqa: F811
    found = engineer("GET", "/search?q=A-0001").json
    assert [one["asset_number"] for one in found["equipment"]] == ["A-0001"] and found["terminals"] == []
    assert engineer("GET", "/search?q=OTHER").json == {"equipment": [], "terminals": []}
    assert engineer("GET", "/search?q=ct-0").json["terminals"] == ["ct-01"]
    assert engineer("GET", "/search?q=%25").json == {"equipment": [], "terminals": []}
    assert refused(engineer("GET", "/search"), "field_invalid")["errors"][0]["where"] == "query.q"


def test_a_label_is_read_from_a_picture_and_an_installation_gets_its_photo_once(engineer):  # noqa: F811
    octets = {"Content-Type": api.BYTES}

    def label_of(text):
        return picture(text, form="PNG").getvalue()

    read = engineer("POST", "/labels", label_of("gantry:ct-01:" + check_digits("ct-01")), **octets)
    assert read.json == {"terminal_id": "ct-01", "bound_to": [1]}
    for body, code in ((b"no picture", "picture"), (label_of("https://example.com"), "foreign")):
        problem = refused(engineer("POST", "/labels", body, **octets), "field_invalid")
        assert problem["errors"][0]["what"] == code
    record = {"installed_on": "2026-01-02", "clamp": "at L2 in the cabinet", "phase": "L2"}
    made = engineer("POST", "/terminals/ct-01/installations", record).json
    path = f"/terminals/ct-01/installations/{made['id']}/photo"
    assert engineer("GET", path).status_code == 404
    assert refused(engineer("PUT", path, b"MZ", **octets), "field_invalid")["errors"][0]["what"] == "type"
    assert engineer("PUT", f"{path}?name=cabinet.jpg", label_of("x"), **octets).status_code == 204
    assert engineer("GET", path).data[:4] == b"\x89PNG"
    assert "has a photo, which stays" in refused(engineer("PUT", path, label_of("y"), **octets), "not_done")["detail"]
    assert engineer("PUT", path.replace("ct-01", "mri-01"), label_of("x"), **octets).status_code == 404
