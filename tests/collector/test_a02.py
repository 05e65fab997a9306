"""The door for gateways: who may enter, what is stored once, what is who is turned away."""

from math import nan

import pytest
from peewee import OperationalError

from collector import gateways, readings
from collector.readings.columns import ABSENT, INVALID, VALID
from firmware.protocol.channels import OUT_OF_RANGE
from firmware.protocol.seal import gateway_key
from tests.collector.site import BOOT, SECRETS, block, csr, now_ms, readings_of, refused, stored, zipped

BATCH = {"sent_ms": 1, "readings": []}
ROUTES = (
    ("GET", "/a02/v1/terminals"),
    ("GET", "/a02/v1/commands"),
    ("GET", "/a02/v1/offers"),
    ("GET", "/a02/v1/images/<image_id>"),
    ("POST", "/a02/v1/batches"),
    ("POST", "/a02/v1/credential"),
)
HOUR_MS = 3_600_000


@pytest.mark.parametrize("method,path", ROUTES)
@pytest.mark.parametrize(
    "header,code",
    [({}, "credential_missing"), ({"Authorization": "Basic x"}, "credential_missing")]
    + [({"Authorization": "Bearer wrong"}, "credential_wrong"), ({"Authorization": "Bearer "}, "credential_missing")],
)
def test_a_route_refuses_a_missing_and_a_wrong_credential(site, method, path, header, code):
    answer = site.client.open(path, method=method, base_url="https://localhost", headers=header, json=BATCH)
    assert (answer.status_code, answer.json["code"]) == (401, code)
    assert site.rows(f"SELECT count FROM refusal WHERE code = '{code}'") == [(1,)]


@pytest.mark.parametrize("method,path", ROUTES)
def test_a_route_refuses_a_revoked_credential(site, method, path):
    gateways.revoke_gateway("gw-1", now_ms())
    answer = site.client.open(
        path, method=method, base_url="https://localhost", headers=site.bearer("gw-1"), json=BATCH
    )
    assert (answer.status_code, answer.json["code"]) == (401, "credential_revoked")


def test_no_route_of_the_door_is_without_a_test_of_its_credential(site):
    found = {rule.rule for rule in site.app.url_map.iter_rules() if rule.endpoint.startswith("a02.")}
    assert found == {path for _method, path in ROUTES} | {"/a02/v1/enrol"}


def test_an_api_token_is_no_credential_of_a_gateway(site):
    assert site.post("/a02/v1/batches", BATCH, gateway="token").json["code"] == "credential_wrong"


def test_enrolment_gives_credential_and_certificate_once(site):
    code = gateways.add_gateway("gw-3", 24, now_ms())
    body = {"code": code, "version": "0.1.0", "csr": csr()}
    answer = site.post("/a02/v1/enrol", body, gateway=None)
    assert answer.status_code == 201 and answer.json["gateway_id"] == "gw-3"
    site.credentials["gw-3"] = answer.json["credential"]
    assert site.get("/a02/v1/terminals", **site.bearer("gw-3")).json["terminals"] == []
    again = site.post("/a02/v1/enrol", body, gateway=None)
    assert (again.status_code, again.json["code"]) == (403, "enrol_code_wrong")


def test_an_enrolment_code_serves_for_24_hours(site):
    code = gateways.add_gateway("gw-3", 24, now_ms() - 24 * HOUR_MS - 1)
    answer = site.post("/a02/v1/enrol", {"code": code, "version": "", "csr": csr()}, gateway=None)
    assert answer.json["code"] == "enrol_code_wrong"


@pytest.mark.parametrize("request_pem", ["", "no pem", csr(names=())])
def test_a_wrong_certificate_request_leaves_the_code_as_it_was(site, request_pem):
    code = gateways.add_gateway("gw-3", 24, now_ms())
    body = {"code": code, "version": "0.1.0", "csr": request_pem}
    assert site.post("/a02/v1/enrol", body, gateway=None).json["code"] == "body_invalid"
    assert site.post("/a02/v1/enrol", body | {"csr": csr()}, gateway=None).status_code == 201


def test_a_gateway_gets_its_own_keys_of_its_own_terminals_only(site):
    answer = site.get("/a02/v1/terminals", **site.bearer("gw-1")).json
    key = gateway_key(SECRETS["ct-01"], "gw-1").hex()
    assert answer["terminals"] == [{"terminal_id": "ct-01", "key": key}]
    assert abs(answer["server_ms"] - now_ms()) < 5000


def test_a_revoked_terminal_has_no_key_and_its_readings_are_refused(site):
    gateways.revoke_terminal("ct-01", now_ms())
    assert site.get("/a02/v1/terminals", **site.bearer("gw-1")).json["terminals"] == []
    assert refused(site.upload(block(count=1))) == ["terminal_foreign"]


def test_the_same_batch_twice_is_stored_once(site):
    one = block(count=3)
    assert (site.upload(one)["stored"], site.upload(one)["duplicate"]) == (3, 3)
    assert stored(site) == [1, 2, 3]


def test_overlapping_and_reordered_batches_store_each_reading_once(site):
    site.upload(block(first=5, count=4))
    answer = site.upload(block(first=3, count=4), block(first=1, count=9))
    assert (answer["stored"], answer["duplicate"]) == (6 - 1, 4 + 4)
    assert stored(site) == list(range(1, 10))
    assert readings.intervals_of("ct-01", readings.STORED) == [(BOOT + 1, BOOT + 9)]


def test_a_number_twice_in_one_batch_is_stored_once(site):
    one = block(count=2)
    one["seq"][1] = one["seq"][0]
    assert site.upload(one) | {"server_ms": 0} == {"server_ms": 0, "stored": 1, "duplicate": 1, "refused": []}


def test_the_same_number_of_two_terminals_is_two_readings(site):
    gateways.assign_terminal("mri-01", "gw-1")
    assert site.upload(block(count=2), block(count=2, terminal_id="mri-01"))["stored"] == 4


def test_an_aggregated_reading_stands_for_all_its_numbers(site):
    one = block(first=6, count=1, from_seq=[BOOT + 1], windows=[6])
    assert site.upload(one)["stored"] == 1
    assert site.upload(block(first=3, count=1))["duplicate"] == 1


def test_a_crash_inside_a_batch_leaves_nothing_of_it(site, monkeypatch):
    def crash(*_arguments):
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(readings, "add_gaps", crash)
    answer = site.post("/a02/v1/batches", {"sent_ms": 1, "readings": [block(count=3)]})
    assert answer.status_code == 503 and answer.json["code"] == "store_unavailable" and answer.headers["Retry-After"]
    for table in ("batch", "interval", "source", "front", "quarantine", "record"):
        assert site.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    monkeypatch.undo()
    assert site.upload(block(count=3))["stored"] == 3


def test_a_gzipped_batch_is_stored(site):
    body = {"sent_ms": 1, "readings": [block(count=3)]}
    answer = site.post("/a02/v1/batches", zipped(body), **{"Content-Encoding": "gzip"})
    assert answer.json["stored"] == 3


def test_absent_invalid_and_zero_are_three_things(site):
    columns = {"temperature_c": [0, None], "current_a": [1, 2]}
    site.upload(block(count=2, columns=columns))
    found = readings_of(site, "ct-01", "temperature_c", "current_a", "humidity_pct")
    assert readings.values_of(found, 1).tolist() == pytest.approx([0.0, nan], nan_ok=True)
    assert readings.values_of(found, 3).tolist() == [0.001, 0.002]
    states = [readings.states_of(found, channel_id).tolist() for channel_id in (1, 2, 3)]
    assert states == [[VALID, INVALID], [ABSENT, ABSENT], [VALID, VALID]]


def test_a_value_its_channel_cannot_mean_is_kept_as_invalid_and_flagged(site):
    site.upload(block(count=3, columns={"humidity_pct": [5000, 10001, 10**30]}, flags=[0, 0, 4]))
    found = readings_of(site, "ct-01", "humidity_pct")
    assert found.flags.tolist() == [0, OUT_OF_RANGE, OUT_OF_RANGE | 4]
    assert readings.values_of(found, 2).tolist()[0] == 50.0
    assert readings.states_of(found, 2).tolist() == [VALID, INVALID, INVALID]


def test_the_latest_value_is_that_of_the_highest_number_whatever_the_clock_said(site):
    site.upload(block(first=5, count=1, start_ms=now_ms() - HOUR_MS, columns={"temperature_c": [2500]}))
    site.upload(block(first=4, count=1, columns={"temperature_c": [1900]}))
    assert [(one.channel, one.value) for one in readings.latest(["ct-01"])] == [("temperature_c", 25.0)]
