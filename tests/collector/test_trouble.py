"""A database that is locked, full or read-only: a clear answer, nothing half stored, and all of it at the next try."""

import random
import sqlite3
from contextlib import closing, contextmanager

import pytest

from collector import db
from tests.collector.site import block, now_ms, stored

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


@pytest.mark.parametrize(
    ("trouble", "said"), [(locked, "locked"), (full, "full"), (read_only, "readonly")], ids=lambda one: str(one)[:20]
)
def test_an_upload_is_answered_with_503_and_stored_once_at_the_next_try(site, server, trouble, said):
    if server is not None:
        pytest.skip("these troubles are SQLite's")
    body = {"sent_ms": now_ms(), "readings": [block(count=400, columns=WILD)]}
    with site.app.app_context(), trouble(site, site.data_dir / "collector.db"):
        answer = site.post("/a02/v1/batches", body)
        assert answer.status_code == 503 and answer.json["code"] == "store_unavailable"
        assert said in answer.json["error"] and "send it again" in answer.json["error"]
        assert int(answer.headers["Retry-After"]) > 0
        assert stored(site) == []
    assert site.post("/a02/v1/batches", body).json["stored"] == 400
    assert stored(site) == list(range(1, 401))
