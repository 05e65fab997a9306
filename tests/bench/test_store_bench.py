"""The store's bench measures what it says, with little; its ratios are for a quiet machine and the whole amount."""

import pytest

from tests.bench import growth, store_disk, store_door, store_peers, store_questions


@pytest.fixture(scope="module", autouse=True)
def peers():
    """Those that are not installed are left out by name, and fail where everything is required."""
    return [program for program in store_peers.PACKAGES if store_peers.is_here(program)]


def test_a_small_ingest_gives_every_figure_and_stores_each_reading_once(tmp_path, peers):
    rows = {row.name: row for row in store_door.rows(tmp_path, rounds=1, batches=2)}
    assert rows["store, ingest, stored once"].holds and rows["store, ingest, stored once"].value == 2 * 500 * 7
    assert all(row.value > 0 for row in rows.values())
    wanted = {"x base", "x flask", "x emoncms"} | ({"x influx"} if "influxd" in peers else set())
    assert wanted <= {name.rpartition(", ")[2] for name in rows}
    assert len(rows) == (17 if "influxd" in peers else 11)


def test_a_small_disk_gives_everything_back_and_stands_beside_its_entropy(tmp_path, peers):
    rows = {row.name: row for row in store_disk.rows(tmp_path, terminals=2, days=1)}
    assert all(rows[f"store, disk, {what}, terminals not as sent"].holds for what in ("four values", "full reading"))
    assert "entropy" in rows["store, disk, four values"].peer and rows["store, wire"].holds
    assert ("store, disk, x VictoriaMetrics" in rows) == ("victoria-metrics" in peers)


def test_small_questions_agree_with_their_peers_and_are_drawn(tmp_path, peers):
    rows = list(store_questions.rows(tmp_path, days=2, unit_days=2, latest=5, more=1, rounds=1))
    assert len(rows) == 5 + (5 if "victoria-metrics" in peers else 3)
    drawn = growth.picture(rows)
    assert drawn.count("<rect") == 1 + 2 * 5 and "working hours a day" in drawn
