"""What A02 refuses: whole bodies with their status, single readings, gaps and records into quarantine."""

import gzip
import json

import pytest

from collector.a02 import MAX_BODY, STATUS
from tests.collector.site import BOOT, block, now_ms, refused, stored, zipped

BATCH = {"sent_ms": 1, "readings": []}
HOUR_MS = 3_600_000


def quarantined(site):
    return [code for (code,) in site.rows("SELECT code FROM quarantine ORDER BY code")]


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
    pytest.param("ts_ms", now_ms() + 2 * HOUR_MS, "reading_future", id="ts_ms-ahead"),
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


def test_nesting_of_any_depth_is_stored_or_refused_and_never_an_error_of_ours(site):
    for depth in range(50, 1500, 25):
        nested = b"[" * depth + b"]" * depth
        head = b'{"sent_ms": 1, "records": [{"source_id": "a", "kind": "x", "ts_ms": 1, "seq": %d, "body": ' % depth
        assert site.post("/a02/v1/batches", head + nested + b"}]}").status_code in (200, 400), depth


@pytest.mark.parametrize("text", ["x" * 5000, "\0", "a'; DROP TABLE reading", "终端"])
def test_a_terminal_with_an_odd_name_is_foreign_and_its_name_is_kept_short(site, server, text):
    assert refused(site.upload(block(count=1, terminal_id=text))) == ["terminal_foreign"]
    kept = text[:64] if server is None else text[:64].replace("\0", "\u2400")  # PostgreSQL has no sign for it
    assert site.rows("SELECT source_id FROM quarantine") == [(kept,)]
