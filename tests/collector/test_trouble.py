"""A database that is locked, full or read-only: a clear answer, nothing half stored, and all of it at the next try."""

import random
import shutil
import sqlite3
from contextlib import closing, contextmanager

import pytest

from collector import db, readings
from collector.errors import ActionError
from tests.collector.site import Site, block, now_ms, readings_of, stored
from tests.fakes import disk

OF_SQLITE = pytest.mark.once("these troubles are SQLite's")
CHANCE = random.Random(1)
CHANNELS = ("current_a", "current_min_a", "current_max_a", "current_rms_a")
WILD = {name: [CHANCE.randrange(300_000) for _ in range(400)] for name in CHANNELS}  # more than a free page holds


@contextmanager
def locked(_site, path):
    """Somebody else writes."""
    db.database.execute_sql("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
    db.database.execute_sql("PRAGMA busy_timeout = 10000")


@contextmanager
def full(_site, _path):
    """The file may not grow, and has no page to spare."""
    db.database.execute_sql("VACUUM")
    most = db.rows("PRAGMA max_page_count")[0][0]
    db.rows("PRAGMA max_page_count = 1")
    yield
    db.rows(f"PRAGMA max_page_count = {most}")


@contextmanager
def read_only(_site, _path):
    """Nothing may be written."""
    db.database.execute_sql("PRAGMA query_only = 1")
    yield
    db.database.execute_sql("PRAGMA query_only = 0")


@OF_SQLITE
@pytest.mark.parametrize(
    ("trouble", "said"), [(locked, "locked"), (full, "full"), (read_only, "readonly")], ids=lambda one: str(one)[:20]
)
def test_an_upload_is_answered_with_503_and_stored_once_at_the_next_try(site, trouble, said):
    body = {"sent_ms": now_ms(), "readings": [block(count=400, columns=WILD)]}
    with site.app.app_context(), trouble(site, site.data_dir / "collector.db"):
        answer = site.post("/a02/v1/batches", body)
        assert answer.status_code == 503 and answer.json["code"] == "store_unavailable"
        assert said in answer.json["error"] and "send it again" in answer.json["error"]
        assert int(answer.headers["Retry-After"]) > 0
        assert stored(site) == []
    assert site.post("/a02/v1/batches", body).json["stored"] == 400
    assert stored(site) == list(range(1, 401))


@pytest.fixture
def small(built, tmp_path):
    """(its disk, the folder) of a hospital on a file system of 12 MiB."""
    with disk.mounted(tmp_path / "disk") as folder:
        yield folder, shutil.copytree(built[0], folder / "data")


def wild(first):
    return {"sent_ms": now_ms(), "readings": [block(first=first, count=400, columns=WILD)]}


@OF_SQLITE
def test_a_disk_without_room_takes_no_upload_but_shows_pages_and_all_comes_again(small, built, caplog):
    folder, data_dir = small
    site, kept = Site(data_dir, built[1]), 0
    other = disk.stuff(folder)
    while (answer := site.post("/a02/v1/batches", wild(kept + 1))).status_code == 200:
        kept += 400  # there is some room in the database's own files
    assert answer.status_code == 503 and "full" in answer.json["error"] and "send it again" in answer.json["error"]
    assert site.get("/api/v1/overview", **site.bearer("token")).status_code == 200
    assert "something was not noted: database or disk is full" in caplog.text
    assert stored(site) == list(range(1, kept + 1))
    other.unlink()
    assert site.upload(*wild(kept + 1)["readings"])["stored"] == 400
    assert stored(site) == list(range(1, kept + 401))
    site.close()


@OF_SQLITE
def test_a_disk_mounted_read_only_is_said_at_the_start_and_nothing_is_lost(small, built):
    folder, data_dir = small
    site = Site(data_dir, built[1])
    site.upload(block(count=20))
    site.close()
    disk.remount(folder, "ro")
    with pytest.raises(ActionError, match="collector.db cannot be opened: .*not mounted read-only"):
        Site(data_dir, built[1])
    disk.remount(folder, "rw")
    site = Site(data_dir, built[1])
    assert site.upload(block(count=25, start_ms=now_ms() - 250_000))["stored"] == 5
    site.close()


def test_a_damaged_block_is_named_and_harms_no_other_terminal(site, caplog):
    start_ms = now_ms() - 5 * 3_600_000
    site.upload(block(count=20, start_ms=start_ms))
    site.upload(block(count=20, start_ms=start_ms, terminal_id="mri-01"), gateway="gw-2")
    with site.app.app_context():
        db.connect()
        readings.seal(now_ms())
        for (number,) in db.rows(
            "SELECT block_no FROM block JOIN source ON terminal_no = block_no >> 24 WHERE terminal_id = 'ct-01'"
        ):
            db.change("UPDATE block SET body = ? WHERE block_no = ?", (b"not what was written", number))
    answer = site.get("/api/v1/equipment/1/series?span=day", **site.bearer("token"))
    assert answer.status_code == 500 and answer.json["reference"] in caplog.text
    assert "the block of terminal" in caplog.text and "its check does not match its bytes" in caplog.text
    assert len(readings_of(site, "mri-01").seq) == 20, "the other's readings are there"
    assert site.upload(block(first=21, count=5))["stored"] == 5, "and its own go on"
    assert site.get("/api/v1/overview", **site.bearer("token")).status_code == 200
