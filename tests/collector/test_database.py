"""Migrations go up, down and up again; an old database is refused with the command to run; a crash leaves nothing."""

import threading

import pytest

from collector import accounts, db, equipment, gateways, readings
from collector.app import create_app
from collector.db import Table
from collector.errors import ActionError
from firmware.protocol.channels import CHANNELS


def schema():
    return sorted(row for row in db.rows("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def tables():
    return {name for (name,) in db.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_migrations_go_up_down_and_up_to_the_same_schema(empty):
    names = db.migrate()
    before = schema()
    assert db.migrate_down(names[0]) == names[::-1]
    assert tables() - {"sqlite_sequence"} == {"schema_migration"}
    assert db.migrate() == names and schema() == before


def test_every_channel_has_its_column(empty):
    db.migrate()
    assert readings.add_channels() == [channel.name for channel in CHANNELS]
    assert readings.add_channels() == []


def test_the_tables_in_code_are_those_of_the_migrations(empty):
    db.migrate()
    rooms = (accounts, equipment, gateways)
    assert all(rooms)
    for table in Table.__subclasses__():
        there = {row[1] for row in db.rows(f"PRAGMA table_info({table._meta.table_name})")}
        assert there == set(table._meta.columns), table


def test_an_old_database_is_refused_with_the_command_to_run(empty):
    db.migrate()
    readings.add_channels()
    db.migrate_down()
    with pytest.raises(ActionError, match="lacks 0008_registration; run `python -m collector --data .* migrate`"):
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
