"""Migrations go up, down and up again; an old database is refused with the command to run; a crash leaves nothing."""

import threading

import pytest

from collector import accounts, db, equipment, gateways, readings
from collector.app import create_app
from collector.db import Table
from collector.errors import ActionError
from tests.collector.site import BOOT, block, kept_of, now_ms


def schema():
    """Every column of every table, and every index."""
    found = db.database.obj
    return [(name, found.get_columns(name), found.get_indexes(name)) for name in sorted(tables())]


def tables():
    return set(db.database.obj.get_tables())


def test_migrations_go_up_down_and_up_to_the_same_schema(empty):
    names = db.migrate()
    before = schema()
    assert db.migrate_down(names[0]) == names[::-1]
    assert tables() - {"sqlite_sequence"} == {"schema_migration"}
    assert db.migrate() == names and schema() == before


def test_the_tables_in_code_are_those_of_the_migrations(empty):
    db.migrate()
    rooms = (accounts, equipment, gateways)
    assert all(rooms)
    for table in Table.__subclasses__():
        there = {column.name for column in db.database.obj.get_columns(table._meta.table_name)}
        assert there == set(table._meta.columns), table


def test_an_old_database_is_refused_with_the_command_to_run(empty):
    db.migrate()
    db.migrate_down()
    newest = max(path.stem for path in db.MIGRATIONS.glob("0*.py"))
    with pytest.raises(ActionError, match=f"lacks {newest}; run `python -m collector --data .* migrate`"):
        create_app(empty)


def test_a_missing_database_is_refused_with_the_command_to_run(tmp_path):
    with pytest.raises(ActionError, match="migrate"):
        create_app(tmp_path)


def test_two_writers_wait_for_each_other(site):
    def assign():
        gateways.assign_terminal("ct-01", "gw-2")
        db.database.close()

    other = threading.Thread(target=assign)
    with db.write():
        other.start()
        other.join(0.3)
        assert other.is_alive()
        assert gateways.Terminal.get_by_id("ct-01").gateway.gateway_id == "gw-1"
    other.join(10)
    assert gateways.Terminal.get_by_id("ct-01").gateway.gateway_id == "gw-2"


def test_readings_survive_the_store_going_down_and_up_again(site, server):
    if server is not None:
        pytest.skip("no PostgreSQL ever held the wide table")
    site.upload(block(count=3, columns={"temperature_c": [2100, None, 2102]}), block(first=4, count=2))
    with site.app.app_context():
        before, latest = kept_of("ct-01", "temperature_c", "current_a"), sorted(readings.latest(["ct-01"]))
        readings.seal(now_ms() + 86_400_000 * 2)
        assert "0009_store" in db.migrate_down("0009_store")
        wide = db.rows("SELECT seq - 16777216, temperature_c, current_a, invalid FROM reading ORDER BY seq")
        assert wide == [
            (1, 21.0, None, 0),
            (2, None, None, 1),
            (3, 21.02, None, 0),
            (4, 21.0, 5.0, 0),
            (5, 21.01, 5.0, 0),
        ]
        db.migrate()
        after = kept_of("ct-01", "temperature_c", "current_a")
        assert after.seq.tolist() == before.seq.tolist() and after.ts_ms.tolist() == before.ts_ms.tolist()
        for channel_id in (1, 3):
            assert readings.states_of(after, channel_id).tolist() == readings.states_of(before, channel_id).tolist()
            assert (after.steps[channel_id] == before.steps[channel_id]).all()
        assert sorted(readings.latest(["ct-01"])) == latest
        assert readings.intervals_of("ct-01", readings.STORED) == [(BOOT + 1, BOOT + 5)]
