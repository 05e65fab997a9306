"""/api/v1/equipment: one field of many at once, and terminals that are let go, as on the pages."""

from tests.collector.people import acts
from tests.collector.site import CT
from tests.collector.test_api import engineer, refused  # noqa: F401  engineer is a fixture


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
