"""The door for gateways: who may enter, what is stored once, what is refused with which code."""

import gzip
import json
import sqlite3

import pytest

from collector import gateways, readings
from collector.a02 import MAX_BODY, STATUS
from firmware.protocol.channels import OUT_OF_RANGE
from firmware.protocol.seal import gateway_key
from tests.collector.site import BOOT, SECRETS, block, csr, now_ms, zipped

BATCH = {"sent_ms": 1, "readings": []}
ROUTES = (("GET", "/a02/v1/terminals"), ("POST", "/a02/v1/batches"))
HOUR_MS = 3_600_000


def quarantined(site):
    return [code for (code,) in site.rows("SELECT code FROM quarantine ORDER BY code")]


def refused(answer):
    return [one["code"] for one in answer["refused"]]


def stored(site):
    return [seq - BOOT for (seq,) in site.rows("SELECT seq FROM reading ORDER BY seq")]


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
    assert (answer.status_code, answer.json["code"]) == (403, "credential_revoked")


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
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(readings, "add_gaps", crash)
    answer = site.post("/a02/v1/batches", {"sent_ms": 1, "readings": [block(count=3)]})
    assert answer.status_code == 500
    for table in ("reading", "interval", "hour", "latest", "quarantine", "record"):
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
    sql = "SELECT temperature_c, current_a, humidity_pct, invalid FROM reading ORDER BY seq"
    assert site.rows(sql) == [(0.0, 0.001, None, 0), (None, 0.002, None, 1)]


def test_a_value_its_channel_cannot_mean_is_kept_as_invalid_and_flagged(site):
    site.upload(block(count=3, columns={"humidity_pct": [5000, 10001, 10**30]}, flags=[0, 0, 4]))
    rows = site.rows("SELECT humidity_pct, flags, invalid FROM reading ORDER BY seq")
    assert rows == [(50.0, 0, 0), (None, OUT_OF_RANGE, 2), (None, OUT_OF_RANGE | 4, 2)]


WHOLE = [
    (b"", "body_truncated"),
    (json.dumps(BATCH).encode()[:-3], "body_truncated"),
    (b"{}", "body_invalid"),
    (b"[1]", "body_invalid"),
    (b"\xff\xfe", "body_invalid"),
    (b'{"sent_ms": "soon"}', "body_invalid"),
    (b"[" * 100_000, "body_invalid"),
    (b'{"sent_ms": 1, "gaps": [7]}', "body_invalid"),
    (json.dumps({"sent_ms": 1, "readings": [block(count=1, columns={"current_a": [1, 2]})]}).encode(), "body_invalid"),
    (b'{"sent_ms": 1, "readings": [{"terminal_id": "ct-01", "seq": [1], "ts_ms": [1]}]}', "body_invalid"),
    (json.dumps({"sent_ms": 1, "readings": [block(count=501)]}).encode(), "body_oversized"),
    (json.dumps({"sent_ms": 1, "records": [{}] * 501}).encode(), "body_oversized"),
    (json.dumps({"sent_ms": 1, "gaps": [{}] * 501}).encode(), "body_oversized"),
    (b" " * (MAX_BODY + 1), "body_oversized"),
]


@pytest.mark.parametrize("body,code", WHOLE, ids=[f"{code}-{at}" for at, (_body, code) in enumerate(WHOLE)])
def test_a_body_of_the_wrong_shape_is_refused_whole(site, body, code):
    answer = site.post("/a02/v1/batches", body)
    assert (answer.status_code, answer.json["code"]) == (STATUS[code], code)
    assert site.rows(f"SELECT gateway, count FROM refusal WHERE code = '{code}'") == [("gw-1", 1)]
    assert stored(site) == []


@pytest.mark.parametrize("token", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_a_number_json_does_not_know_is_refused_whole(site, token):
    body = json.dumps({"sent_ms": 1, "readings": [block(count=1)]}).encode().replace(b"5000", token)
    assert site.post("/a02/v1/batches", body).json["code"] == "body_invalid"


def test_a_wrong_shape_is_told_with_its_path(site):
    body = {"sent_ms": 1, "readings": [block(count=2), block(count=2, columns={"current_a": [1]})]}
    assert "$.readings[1].columns.current_a holds 1" in site.post("/a02/v1/batches", body).json["error"]


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "text/plain"}, {"Content-Encoding": "br"}, {"Content-Type": "application/x-gzip"}]
)
def test_a_body_neither_json_nor_gzipped_json_is_refused(site, headers):
    answer = site.post("/a02/v1/batches", BATCH, **headers)
    assert (answer.status_code, answer.json["code"]) == (415, "body_encoding")


def test_a_broken_or_cut_compression_is_refused(site):
    whole = zipped({"sent_ms": 1, "readings": [block(count=50)]})
    for body in (b"no gzip at all", whole[:-20], whole[:40] + b"\x00" * 40):
        assert site.post("/a02/v1/batches", body, **{"Content-Encoding": "gzip"}).json["code"] == "body_truncated"


def test_a_bomb_is_refused_without_being_unpacked(site):
    bomb = gzip.compress(b" " * 100_000_000)
    assert len(bomb) < 200_000
    answer = site.post("/a02/v1/batches", bomb, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json["code"]) == (413, "body_oversized")


def middle(name, value):
    """Three readings; what is wrong stands in the middle one."""
    one = block(count=3)
    target = one["columns"] if name in one["columns"] else one
    target.setdefault(name, [one["seq"][n] if name == "from_seq" else 1 for n in range(3)])
    target[name][1] = value
    return one


ONE_BY_ONE = [
    ("seq", 0, "seq_invalid"),
    ("seq", -5, "seq_invalid"),
    ("seq", 2**53, "seq_invalid"),
    ("seq", 1.5, "seq_invalid"),
    ("seq", "7", "seq_invalid"),
    ("seq", None, "seq_invalid"),
    ("seq", True, "seq_invalid"),
    ("from_seq", BOOT * 9, "seq_invalid"),
    ("from_seq", None, "seq_invalid"),
    ("current_a", 21.5, "value_not_a_number"),
    ("current_a", "21", "value_not_a_number"),
    ("current_a", {}, "value_not_a_number"),
    ("current_a", False, "value_not_a_number"),
    ("ts_ms", None, "value_not_a_number"),
    ("flags", "edge", "value_not_a_number"),
    ("flags", -1, "value_not_a_number"),
    ("flags", 2**16, "value_not_a_number"),
    ("windows", 0, "value_not_a_number"),
    ("ts_ms", now_ms() + 2 * HOUR_MS, "reading_future"),
    ("ts_ms", 2**80, "reading_future"),
    ("ts_ms", 1_577_836_799_999, "reading_ancient"),
    ("ts_ms", -(2**80), "reading_ancient"),
]


@pytest.mark.parametrize("name,value,code", ONE_BY_ONE)
def test_a_wrong_reading_goes_to_quarantine_and_its_neighbours_are_stored(site, name, value, code):
    answer = site.upload(middle(name, value))
    assert (answer["stored"], refused(answer), quarantined(site)) == (2, [code], [code])
    assert stored(site) == [1, 3]
    assert site.rows(f"SELECT gateway, terminal, count FROM refusal WHERE code = '{code}'") == [("gw-1", "ct-01", 1)]


def test_a_reading_an_hour_ahead_is_still_believed(site):
    assert site.upload(block(count=1, start_ms=now_ms() + HOUR_MS - 60_000))["stored"] == 1


def test_what_is_refused_again_is_kept_once(site):
    one = middle("current_a", 1.5)
    assert refused(site.upload(one)) == refused(site.upload(one)) == ["value_not_a_number"]
    assert quarantined(site) == ["value_not_a_number"]
    (body,) = site.rows("SELECT body FROM quarantine")[0]
    assert json.loads(body)["current_a"] == 1.5


def test_a_foreign_terminal_goes_to_quarantine_and_the_others_are_stored(site):
    answer = site.upload(block(count=2, terminal_id="mri-01"), block(count=2), block(count=1, terminal_id="nobody"))
    assert (answer["stored"], refused(answer)) == (2, ["terminal_foreign"] * 3)


def test_an_unknown_channel_goes_to_quarantine_and_the_others_are_stored(site):
    answer = site.upload(block(count=2, columns={"radon_bq": [1, 2]}), block(first=3, count=2))
    assert (answer["stored"], refused(answer)) == (2, ["channel_unknown"] * 2)


@pytest.mark.parametrize(
    "change", [{"from_seq": 0}, {"to_seq": 1}, {"to_seq": 2**60}, {"reason": "mood"}, {"from_seq": "1"}]
)
def test_an_impossible_gap_goes_to_quarantine(site, change):
    good = {"terminal_id": "ct-01", "from_seq": BOOT + 1, "to_seq": BOOT + 9, "reason": "reboot"}
    answer = site.upload(gaps=[good, good | change])
    assert refused(answer) == ["gap_invalid"]
    assert site.rows("SELECT from_seq, to_seq, reason FROM gap") == [(BOOT + 1, BOOT + 9, "reboot")]


def test_a_gap_of_a_foreign_terminal_goes_to_quarantine(site):
    gap = {"terminal_id": "mri-01", "from_seq": 1, "to_seq": 2, "reason": "reboot"}
    assert refused(site.upload(gaps=[gap, gap | {"terminal_id": ["x"]}])) == ["terminal_foreign"] * 2


RECORD = {"source_id": "gw-1", "seq": 1, "kind": "refusals", "ts_ms": 1_760_000_000_000}


def test_reported_refusals_are_counted_once(site):
    record = RECORD | {"body": {"ct-01": {"proof_wrong": 3}, "": {"frame_magic": 1}}}
    site.upload(records=[record])
    site.upload(records=[record, record | {"seq": 2}])
    rows = site.rows("SELECT interface, terminal, code, count FROM refusal ORDER BY code")
    assert rows == [("A01", "", "frame_magic", 2), ("A01", "ct-01", "proof_wrong", 6)]


def test_a_gateway_cannot_take_the_number_of_anothers_record(site):
    site.upload(records=[RECORD | {"kind": "other"}])
    site.upload(records=[RECORD | {"body": {"mri-01": {"proof_wrong": 1}}}], gateway="gw-2")
    assert site.rows("SELECT count FROM refusal WHERE code = 'proof_wrong'") == [(1,)]


@pytest.mark.parametrize(
    "change",
    [{"source_id": None}, {"source_id": ""}, {"seq": 0}, {"seq": "1"}, {"kind": 7}, {"ts_ms": None}]
    + [{"body": []}, {"body": {"ct-01": 7}}, {"body": {"ct-01": {"x": -1}}}, {"body": {"ct-01": {"x": 1.5}}}],
)
def test_an_impossible_record_goes_to_quarantine_and_its_neighbours_are_stored(site, change):
    good = RECORD | {"body": {}, "seq": 5}
    answer = site.upload(records=[RECORD | {"body": {}} | change, good])
    assert refused(answer) == ["record_invalid"]
    assert site.rows("SELECT seq FROM record") == [(5,)]


def test_the_latest_value_is_that_of_the_highest_number_whatever_the_clock_said(site):
    site.upload(block(first=5, count=1, start_ms=now_ms() - HOUR_MS, columns={"temperature_c": [2500]}))
    site.upload(block(first=4, count=1, columns={"temperature_c": [1900]}))
    assert [(one.channel, one.value) for one in readings.latest(["ct-01"])] == [("temperature_c", 25.0)]
