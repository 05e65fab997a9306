"""/api/v1: what programs do is done as on the pages, once, inside the scope; what is wrong is told field by field."""

import json

import pytest

from collector import accounts, api, equipment
from collector.api import openapi
from collector.api.kept import KEPT_MS, ApiAnswer, forget
from collector.api.pace import Pace
from collector.equipment import Binding, Equipment
from collector.web.problems import PROBLEMS
from tests.collector.people import acts
from tests.collector.site import BASE, CT, PASSWORD, Site, now_ms
from tests.house.tree import text


@pytest.fixture
def engineer(site):
    """Calls as a biomedical engineer of Radiology, beside equipment and a terminal of Surgery."""
    equipment.add_equipment(CT | {"asset_number": "OTHER", "department": "Surgery"}, now_ms())
    equipment.bind("mri-01", "OTHER", now_ms())
    user = accounts.add_administrator("wang", PASSWORD, now_ms(), "biomedical_engineer")
    accounts.give_scope(user, "department", 1, "Radiology", "", now_ms() - 1, None)
    return caller(site, accounts.add_token("of wang", now_ms(), "write", 1, "wang"))


def caller(site, token):
    """A function that asks: method, path, body, headers."""

    def call(method, path, body=None, **headers):
        given = {"Authorization": f"Bearer {token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if body is not None and "Content-Type" not in given:
            given["Content-Type"] = "text/csv" if isinstance(body, bytes) else "application/json"
        return site.client.open(f"/api/v1{path}", method=method, base_url=BASE, data=data, headers=given)

    return call


def refused(answer, code):
    """The Problem of an answer, which is of this code."""
    assert answer.mimetype == "application/problem+json", answer.text
    assert (answer.status_code, answer.json["code"]) == (PROBLEMS[code].status, code), answer.text
    assert answer.json["type"] == f"urn:gantry:problem:{code}" and answer.json["instance"] and answer.json["detail"]
    return answer.json


# The register


def test_equipment_is_entered_changed_for_a_reason_and_told_with_its_history(engineer):
    made = engineer("POST", "/equipment", CT | {"asset_number": "A-2", "price_cents": 120_000_50})
    assert made.status_code == 201 and made.json["price_cents"] == 12_000_050 and made.json["udi"] is None
    path = f"/equipment/{made.json['id']}"
    changed = engineer("PATCH", path, {"name": "CT 2", "accepted_on": "2024-02-29", "reason": "the plate says so"})
    assert (changed.status_code, changed.json["name"], changed.json["serial"]) == (200, "CT 2", "S-1")
    (change,) = engineer("GET", f"{path}/changes").json["items"]
    assert change["reason"] == "the plate says so" and change["actor"] == "wang by token of wang"
    assert change["before"] == {"name": "CT 1", "accepted_on": None}
    assert [one[0] for one in acts("equipment.change")] == ["wang by token of wang"]


def test_what_was_paid_is_told_to_who_keeps_the_register_only(site):
    accounts.add_administrator("li", PASSWORD, now_ms(), "operator")
    user = accounts.user_named("li")
    accounts.give_scope(user, "department", 1, "Radiology", "", now_ms() - 1, None)
    told = caller(site, accounts.add_token("of li", now_ms(), "read", 1, "li"))("GET", "/equipment/1").json
    assert not {"price_cents", "contract", "supplier"} & set(told) and told["serial"] == "S-1"


def test_every_wrong_field_is_told_with_place_value_and_remedy(engineer):
    bad = CT | {"asset_number": 7, "kind": "TOASTER", "accepted_on": "2024-02-31", "colour": "red"}
    del bad["serial"]
    problem = refused(engineer("POST", "/equipment", bad), "field_invalid")
    told = {one["where"]: one for one in problem["errors"]}
    assert set(told) == {"body.asset_number", "body.kind", "body.serial", "body.colour"}
    assert told["body.kind"]["value"] == "TOASTER" and "MRI" in told["body.kind"]["do"]
    problem = refused(
        engineer("POST", "/equipment", CT | {"asset_number": "A-9", "accepted_on": "2024-02-31"}), "field_invalid"
    )
    assert [(one["where"], one["value"]) for one in problem["errors"]] == [("body.accepted_on", "2024-02-31")]
    assert Equipment.select().count() == 2


@pytest.mark.parametrize(
    "body,media,code",
    [(b"{", "application/json", "request_unreadable"), (b"[]", "application/json", "field_invalid"),
     (b"\xff", "application/json", "request_unreadable"), (b"a=1", "application/x-www-form-urlencoded", "media_type"),
     (b"[" * 100_000, "application/json", "request_unreadable")],
)  # fmt: skip
def test_what_is_no_such_body_is_refused(engineer, body, media, code):
    refused(engineer("POST", "/equipment", body, Content_Type=media), code)


def test_a_spreadsheet_is_looked_at_first_and_added_whole_or_not_at_all(engineer):
    head = "asset_number,name,kind,maker,model,serial,institution,department,room\n"
    good = head + "".join(f"B-{n},CT,CT,m,o,s,Hospital,Radiology,R\n" for n in range(3))
    told = engineer("POST", "/equipment/import", good.encode()).json
    assert told == {"lines": 3, "applied": False, "wrong": []} and Equipment.select().count() == 2
    bad = (good + "B-9,CT,CT,m,o,s,Hospital,Surgery,R\n").encode()
    assert engineer("POST", "/equipment/import", bad).json["wrong"] == [
        {"line": 5, "field": "department", "what": "scope"}
    ]
    problem = refused(engineer("POST", "/equipment/import?apply=true", bad), "field_invalid")
    assert problem["errors"][0]["where"] == "line 5, department" and Equipment.select().count() == 2
    assert engineer("POST", "/equipment/import?apply=true", good.encode()).json["applied"]
    assert Equipment.select().count() == 5
    assert "B-2" in engineer("GET", "/equipment/export?text=B-").text


def test_pages_of_a_list_hold_each_once_and_link_to_the_next(engineer):
    for number in range(5):
        engineer("POST", "/equipment", CT | {"asset_number": f"P-{number}"})
    found, path = [], "/equipment?limit=2&text=P-"
    while path:
        answer = engineer("GET", path)
        found += [one["asset_number"] for one in answer.json["items"]]
        path = answer.json["next"] and answer.json["next"].removeprefix("/api/v1")
        assert path is None or answer.headers["Link"] == f'</api/v1{path}>; rel="next"'
    assert found == [f"P-{number}" for number in range(5)]


def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused(engineer):
    seen = engineer("GET", "/equipment/1")
    assert engineer("GET", "/equipment/1", If_None_Match=seen.headers["ETag"]).status_code == 304
    assert (
        engineer("PATCH", "/equipment/1", {"name": "x", "reason": "r"}, If_Match=seen.headers["ETag"]).status_code
        == 200
    )
    late = engineer("PATCH", "/equipment/1", {"name": "y", "reason": "r"}, If_Match=seen.headers["ETag"])
    refused(late, "changed_meanwhile")
    assert engineer("GET", "/equipment/1").json["name"] == "x"


# What is outside of the scope


@pytest.mark.parametrize(
    "method,path,body",
    [("PATCH", "/equipment/2", {"reason": "x", "name": "mine"}), ("GET", "/equipment/2/latest", None),
     ("POST", "/equipment/2/bindings", {"terminal_id": "ct-01"}), ("GET", "/terminals/mri-01", None),
     ("POST", "/equipment/1/bindings", {"terminal_id": "mri-01"}), ("GET", "/gateways/gw-2", None),
     ("POST", "/terminals/mri-01/commands", {"verb": "restart", "reason": "x"}),
     ("POST", "/equipment/2/bindings/2/end", None), ("POST", "/equipment/1/bindings/2/end", None)],
)  # fmt: skip
def test_what_is_outside_is_not_there(engineer, method, path, body):
    before = [(one.id, one.to_ms) for one in Binding.select()]
    refused(engineer(method, path, body), "not_found")
    assert [(one.id, one.to_ms) for one in Binding.select()] == before


def test_equipment_is_not_put_outside_of_the_scope(engineer):
    for method, path, more in (
        ("POST", "/equipment", CT | {"asset_number": "A-2"}),
        ("PATCH", "/equipment/1", {"reason": "x"}),
    ):
        problem = refused(engineer(method, path, more | {"department": "Surgery"}), "field_invalid")
        assert [one["where"] for one in problem["errors"]] == ["body.department"]


# Terminals, people, tokens, audit


def test_a_command_is_sent_in_the_name_of_who_made_the_token(engineer):
    sent = engineer("POST", "/terminals/ct-01/commands", {"verb": "identify", "reason": "which is it"}).json
    assert (sent["state"], sent["issuer"]) == ("queued", "wang by token of wang")
    assert engineer("GET", "/terminals/ct-01/commands").json == [sent]
    refused(engineer("POST", "/terminals/ct-01/commands", {"verb": "keys", "reason": "x"}), "field_invalid")


def test_people_are_invited_given_a_scope_and_ended_but_never_oneself(site):
    accounts.add_administrator("chen", PASSWORD, now_ms(), "security_administrator")
    call = caller(site, accounts.add_token("of chen", now_ms(), "write", 1, "chen"))
    made = call("POST", "/users", {"name": "li", "role": "vendor"}).json
    assert accounts.invited(made["link"].rpartition("/")[2], now_ms()).name == "li"
    path = f"/users/{made['user']['id']}"
    refused(call("POST", f"{path}/scopes", {"kind": "department", "number": 1}), "not_done")
    given = {"kind": "equipment", "number": 1, "why": "contract 7", "until_ms": now_ms() + 86_400_000}
    scope = call("POST", f"{path}/scopes", given)
    assert scope.status_code == 201 and call("GET", f"{path}/scopes").json["items"] == [scope.json]
    assert call("DELETE", f"{path}/scopes/{scope.json['id']}").status_code == 204
    accounts.add_token("of li", now_ms(), "read", 1, "li")
    (token,) = call("GET", f"{path}/tokens").json["items"]
    assert call("DELETE", f"{path}/tokens/{token['id']}").status_code == 204
    assert call("GET", f"{path}/tokens").json["items"][0]["revoked_ms"]
    assert call("PATCH", path, {"ended": True}).json["ended_ms"]
    own = f"/users/{accounts.user_named('chen').id}"
    for method, address, body in (("PATCH", own, {"role": "auditor"}), ("POST", f"{own}/scopes", given)):
        refused(call(method, address, body), "forbidden")


def test_a_token_makes_none_that_may_more_or_lasts_longer(engineer):
    refused(engineer("POST", "/me/tokens", {"name": "long", "scope": "read", "days": 30}), "forbidden")
    refused(engineer("POST", "/me/tokens", {"name": "p", "scope": "provision", "days": 1}), "field_invalid")
    assert [one["name"] for one in engineer("GET", "/me/tokens").json["items"]] == ["of wang"]


def test_a_token_that_reads_changes_nothing(site):
    accounts.add_administrator("wang", PASSWORD, now_ms(), "biomedical_engineer")
    call = caller(site, accounts.add_token("reads", now_ms(), "read", 1, "wang"))
    refused(call("POST", "/equipment", CT | {"asset_number": "A-2"}), "forbidden")
    assert call("GET", "/me").json["name"] == "wang"


def test_a_session_reads_and_changes_nothing(site):
    site.sign_in()
    assert site.get("/api/v1/equipment/1").status_code == 200
    refused(site.client.patch("/api/v1/equipment/1", base_url=BASE, json={"reason": "x"}), "unauthorized")


# Said twice, said too often


def test_a_post_said_again_with_its_key_is_done_once(engineer):
    body = CT | {"asset_number": "A-2"}
    first, again = (engineer("POST", "/equipment", body, Idempotency_Key="k1") for _ in range(2))
    assert again.json == first.json and again.status_code == 201 and again.headers["Idempotency-Replayed"] == "true"
    assert Equipment.select().count() == 3
    refused(engineer("POST", "/equipment", body | {"name": "x"}, Idempotency_Key="k1"), "key_reused")
    refused(engineer("POST", "/equipment", body, Idempotency_Key="k2"), "not_done")
    refused(engineer("POST", "/equipment", body, Idempotency_Key="with blank"), "request_unreadable")


def test_what_was_refused_leaves_its_key_free(engineer):
    refused(engineer("POST", "/equipment", CT, Idempotency_Key="k1"), "not_done")
    assert engineer("POST", "/equipment", CT | {"asset_number": "A-2"}, Idempotency_Key="k1").status_code == 201


def test_a_kept_answer_is_sealed_and_forgotten_after_a_day(site):
    accounts.add_administrator("chen", PASSWORD, now_ms(), "security_administrator")
    call = caller(site, accounts.add_token("of chen", now_ms(), "write", 1, "chen"))
    link = call("POST", "/users", {"name": "li", "role": "auditor"}, Idempotency_Key="k").json["link"]
    (kept,) = ApiAnswer.select()
    assert link.rpartition("/")[2].encode() not in bytes(kept.body)
    forget(now_ms())
    assert ApiAnswer.select().count() == 1
    forget(now_ms() + KEPT_MS + 1)
    assert ApiAnswer.select().count() == 0


def test_who_asks_too_fast_waits_and_others_do_not(site):
    site.close()
    slow = Site(site.data_dir, site.credentials, {"api_per_min": 12})
    accounts.add_token("other", now_ms())
    answers = [slow.get("/api/v1/equipment", **slow.bearer("token")) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    refused(answers[2], "too_many")
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 5
    slow.credentials = slow.credentials | {"other": accounts.add_token("another", now_ms())}
    assert slow.get("/api/v1/equipment", **slow.bearer("other")).status_code == 200


def test_a_pace_is_kept_over_a_minute():
    pace, taken = Pace(60, 10), 0
    for at_ms in range(0, 60_000, 100):
        taken += pace.wait_s("a", at_ms) == 0
    assert taken == 69
    assert pace.wait_s("b", 60_000) == 0 and Pace(60, 1).wait_s("c", 0) == 0


# The document


def test_every_route_of_the_api_stands_in_the_document(site):
    document = site.get("/api/v1/openapi.json").json
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    there = set()
    for rule in site.app.url_map.iter_rules():
        if rule.rule.startswith(f"{api.PREFIX}/") and rule.endpoint != "document.openapi":
            path = openapi.PLACEHOLDER.sub(r"{\2}", rule.rule)
            there |= {(method, path) for method in rule.methods - {"HEAD", "OPTIONS"}}
    assert document["openapi"] == "3.1.0" and told == there and len(told) > 40


def test_every_problem_stands_in_the_page():
    for code, kind in PROBLEMS.items():
        assert f"| `{code}` | {kind.status} | {kind.title} | {kind.remedy} |" in text("docs/api.md")
