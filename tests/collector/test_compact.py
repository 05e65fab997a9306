"""The compact body of an upload: it says what the same body in JSON says, and is refused as that would be."""

import gzip
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import batch, compact, sift
from firmware.gateway import compact as gateway_compact
from firmware.protocol.channels import OUT_OF_RANGE
from tests.collector.site import block, now_ms, readings_of, refused, stored

VECTOR = json.loads((Path(__file__).parents[1] / "vectors/compact.json").read_text())
TYPE = {"Content-Type": compact.CONTENT_TYPE}
NUMBERS = st.integers(-(2**61), 2**61)
COLUMNS = st.integers(1, 8).flatmap(
    lambda count: st.fixed_dictionaries(
        {
            "terminal_id": st.sampled_from(("ct-01", "mri-01", "x")),
            "seq": st.lists(NUMBERS, min_size=count, max_size=count),
            "ts_ms": st.lists(NUMBERS, min_size=count, max_size=count),
            "flags": st.lists(st.integers(0, 65535), min_size=count, max_size=count),
            "columns": st.dictionaries(
                st.sampled_from(("temperature_c", "current_a", "charge_as")),
                st.lists(st.none() | NUMBERS, min_size=count, max_size=count),
            ),
        }
    )
)


def packed(*blocks):
    """The compact bytes of blocks as the site makes them."""
    blocks = [{"flags": [0] * len(one["seq"])} | one for one in blocks]
    return gateway_compact.packed({"sent_ms": now_ms(), "readings": blocks, "records": [], "gaps": []})


def changed(**fields):
    """The compact bytes of three readings, of which these fields of the sheet are others."""
    body = msgspec.msgpack.decode(packed(block()))
    body["readings"][0] |= fields
    return msgspec.msgpack.encode(body)


def listed(body):
    """Every reading of a decoded body, whatever stands side by side."""
    sheets = [
        one for sheet in body.readings for one in (sift.one_by_one(sheet) if hasattr(sheet, "starts") else [sheet])
    ]
    found = []
    for one in sheets:
        first, windows = one.from_seq or one.seq, one.windows or [1] * len(one.seq)
        flags = one.flags or [0] * len(one.seq)
        for row, seq in enumerate(one.seq):
            values = sorted((name, values[row]) for name, values in one.columns.items())
            found.append((one.terminal_id, seq, one.ts_ms[row], first[row], windows[row], flags[row], values))
    return sorted(found, key=repr)


def test_the_bytes_of_the_vector_say_what_its_json_says():
    found, said = compact.decode(bytes.fromhex(VECTOR["compact"])), batch.decode(json.dumps(VECTOR["body"]).encode())
    assert listed(found) == listed(said) and (found.records, found.gaps) == (said.records, said.gaps)


@given(st.lists(COLUMNS, max_size=5))
def test_whatever_a_gateway_packs_is_unpacked_the_same(blocks):
    body = {"sent_ms": 1, "readings": blocks, "records": [], "gaps": []}
    assert listed(compact.decode(gateway_compact.packed(body))) == listed(batch.decode(json.dumps(body).encode()))


def test_it_is_stored_and_offered(site):
    answer = site.post("/a02/v1/batches", gzip.compress(packed(block(count=5))), **TYPE, **{"Content-Encoding": "gzip"})
    assert answer.json["stored"] == 5 and compact.CONTENT_TYPE in answer.headers["Accept-Post"]
    assert site.post("/a02/v1/batches", packed(block(count=5)), **TYPE).json["duplicate"] == 5
    found = readings_of(site, "ct-01", "temperature_c", "current_a")
    assert found.steps[1].tolist() == [2100, 2101, 2102, 2103, 2104] and found.steps[3].tolist() == [5000] * 5


def test_one_bad_reading_harms_no_neighbour(site):
    times = [now_ms(), now_ms() + 86_400_000, now_ms()]
    answer = site.post("/a02/v1/batches", packed(block() | {"ts_ms": times}), **TYPE)
    assert refused(answer.json) == ["reading_future"] and stored(site) == [1, 3]


def test_a_foreign_terminal_and_an_unknown_channel_are_quarantined(site):
    strange = block(first=9, columns={"aura": [1, 2, 3]})
    answer = site.post("/a02/v1/batches", packed(block(), block(terminal_id="mri-01"), strange), **TYPE)
    assert sorted(set(refused(answer.json))) == ["channel_unknown", "terminal_foreign"]
    assert answer.json["stored"] == 3


def test_a_value_its_channel_cannot_mean_is_invalid_and_flagged(site):
    one = block(columns={"temperature_c": [2100, 99_999, None]})
    assert site.post("/a02/v1/batches", packed(one), **TYPE).json["stored"] == 3
    found = readings_of(site, "ct-01", "temperature_c")
    assert found.states[1].tolist() == [0, 1, 1] and found.flags.tolist() == [0, OUT_OF_RANGE, 0]


@pytest.mark.parametrize(
    ("code", "body", "text"),
    [
        ("body_truncated", packed(block())[:-1], "send it again"),
        ("body_invalid", b"\xc1", "send it again"),
        ("body_invalid", b"{}", "update the gateway"),
        ("body_invalid", changed(seq=b""), "seq has 0 bytes for 3 readings"),
        ("body_invalid", changed(ts_ms=b"\x03" + bytes(9)), "ts_ms has 10 bytes for 3 readings"),
        ("body_invalid", changed(columns={"current_a": b"\x01ab"}), "columns.current_a has 3 bytes"),
        ("body_invalid", changed(counts=[3, 0]), "counts does not go with terminals"),
        ("body_invalid", changed(counts=[-3]), "counts does not go with terminals"),
        ("body_invalid", changed(bad={"current_a": [3]}), "bad.current_a names what is not there"),
        ("body_invalid", changed(bad={"aura": [0]}), "bad.aura names what is not there"),
        ("body_invalid", changed(columns={str(n): b"\0" for n in range(65)}), "has 65 columns"),
        ("body_oversized", changed(counts=[10**15]), "500 are allowed"),
    ],
)
def test_a_body_that_cannot_be_is_refused_whole_and_named(site, code, body, text):
    answer = site.post("/a02/v1/batches", body, **TYPE)
    assert answer.json["code"] == code and text in answer.json["error"]
    assert stored(site) == []
