"""Sources: registered without a secret, assigned and revoked like terminals, bound to equipment, their records kept."""

import json

import pytest

from collector import db, equipment, gateways, readings
from collector.errors import ActionError
from tests.collector.site import block, now_ms, readings_of, refused


def mpps(seq=5, **body):
    return {
        "source_id": "ct-mpps",
        "seq": seq,
        "kind": "mpps",
        "ts_ms": now_ms(),
        "body": {"state": "completed"} | body,
    }


def test_readings_of_a_source_are_stored_and_of_a_stranger_refused(site):
    assert refused(site.upload(block(count=1, terminal_id="chiller-01"))) == ["terminal_foreign"]
    gateways.add_source("chiller-01", "gw-1", now_ms())
    assert site.upload(block(count=1, terminal_id="chiller-01", columns={"water_supply_c": [712]}))["stored"] == 1
    found = readings_of(site, "chiller-01", "water_supply_c")
    assert readings.values_of(found, 9).tolist() == [7.12]
    assert refused(site.upload(block(count=1, terminal_id="chiller-01"), gateway="gw-2")) == ["terminal_foreign"]


def test_no_key_is_handed_out_for_a_source(site):
    gateways.add_source("chiller-01", "gw-1", now_ms())
    names = [one["terminal_id"] for one in site.get("/a02/v1/terminals", **site.bearer("gw-1")).json["terminals"]]
    assert names == ["ct-01"]


def test_a_source_moves_to_another_gateway_and_ends_like_a_terminal(site):
    gateways.add_source("chiller-01", "gw-1", now_ms())
    gateways.assign_terminal("chiller-01", "gw-2")
    assert site.upload(block(count=1, terminal_id="chiller-01"), gateway="gw-2")["stored"] == 1
    gateways.revoke_terminal("chiller-01", now_ms())
    assert refused(site.upload(block(first=9, count=1, terminal_id="chiller-01"), gateway="gw-2")) == [
        "terminal_foreign"
    ]


def test_a_source_is_bound_to_equipment(site):
    gateways.add_source("chiller-01", "gw-1", now_ms())
    assert equipment.bind("chiller-01", "A-0001", now_ms(), place="supply").terminal_id == "chiller-01"


def test_a_name_that_is_taken_or_impossible_and_an_unknown_gateway_are_refused(site):
    for source_id, gateway_id in (("ct-01", "gw-1"), ("../x", "gw-1"), ("chiller-01", "gw-9")):
        with pytest.raises(ActionError):
            gateways.add_source(source_id, gateway_id, now_ms())
    assert site.rows("SELECT count(*) FROM terminal") == [(2,)]


def test_a_record_of_a_source_is_kept_once_with_its_body(site):
    site.upload(records=[mpps(series=3), mpps(series=3)])
    rows = site.rows("SELECT source_id, seq, kind, body FROM record")
    assert [row[:3] for row in rows] == [("ct-mpps", 5, "mpps")]
    assert json.loads(rows[0][3]) == {"state": "completed", "series": 3}


def test_the_migration_goes_back_without_the_sources_and_keeps_the_terminals(site):
    gateways.add_source("chiller-01", "gw-1", now_ms())
    names = db.migrate_down("0005_sources")
    assert names[-1] == "0005_sources"
    assert db.rows("SELECT terminal_id FROM terminal ORDER BY 1") == [("ct-01",), ("mri-01",)]
    db.migrate()
    gateways.add_source("chiller-01", "gw-1", now_ms())
