"""The audit: every act with its before and after, and nothing that is done to the rows stays unseen."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from click.testing import CliRunner

from collector import audit, db, gateways
from collector.__main__ import main
from collector.audit import chain, heads
from collector.audit.models import AuditHead, AuditRow
from collector.errors import ActionError
from tests.collector.site import now_ms


@pytest.fixture
def written(site):
    """A hospital after a few acts more."""
    for gateway_id in ("gw-2", "gw-1", "gw-2", "gw-1"):
        gateways.assign_terminal("ct-01", gateway_id)
    assert audit.verify() == []
    return site


def last():
    return AuditRow.select().order_by(AuditRow.number.desc()).first()


def found():
    return {(one.number, one.what) for one in audit.verify()}


def test_an_act_is_kept_with_who_from_where_before_and_after(written):
    audit.act_as("lin", "technician", "10.0.0.7")
    gateways.assign_terminal("ct-01", "gw-2")
    row = last()
    assert (row.actor, row.role, row.address) == ("lin", "technician", "10.0.0.7")
    assert (row.action, row.record, row.outcome) == ("terminal.assign", "terminal ct-01", "done")
    assert (json.loads(row.before), json.loads(row.after)) == ({"gateway": "gw-1"}, {"gateway": "gw-2"})
    assert abs(row.ts_ms - now_ms()) < 60_000


def test_an_act_that_fails_leaves_no_row(written):
    before = last().number
    with pytest.raises(ActionError):
        gateways.assign_terminal("ct-01", "nowhere")
    with pytest.raises(ZeroDivisionError), db.write():
        gateways.assign_terminal("ct-01", "gw-2")
        raise ZeroDivisionError
    assert last().number == before and audit.verify() == []


@pytest.mark.parametrize("field", [name for name in (*chain.FIELDS, "mac") if name != "number"])
def test_a_changed_field_of_any_row_is_found(written, field):
    value = 1 if field == "ts_ms" else "changed"
    AuditRow.update({field: value}).where(AuditRow.number == 3).execute()
    assert (3, "changed") in found()


def test_a_removed_row_is_found(written):
    AuditRow.delete().where(AuditRow.number == 3).execute()
    assert found() == {(3, "missing")}


def test_a_removed_beginning_is_found(written):
    AuditRow.delete().where(AuditRow.number <= 3).execute()
    assert (3, "missing") in found()


def test_rows_that_changed_places_are_found(written):
    for old, new in ((3, 0), (4, 3), (0, 4)):
        AuditRow.update(number=new).where(AuditRow.number == old).execute()
    assert {(3, "changed"), (4, "changed")} <= found()


def test_an_added_row_is_found(written):
    row = last()
    AuditRow.insert(row.__data__ | {"number": row.number + 1}).execute()
    assert found() == {(row.number + 1, "changed")}


def test_a_tail_that_was_cut_is_found(written):
    number = last().number
    AuditRow.delete().where(AuditRow.number > number - 2).execute()
    assert found() == {(number - 1, "missing"), (number, "missing")}


def test_a_tail_that_was_cut_with_the_head_set_back_is_found_by_the_signed_head(written):
    number = last().number
    audit.keep_head(now_ms())
    AuditRow.delete().where(AuditRow.number > number - 2).execute()
    AuditHead.update(number=number - 2, mac=last().mac).execute()
    assert found() == {(number - 1, "missing"), (number, "missing")}


def test_a_chain_computed_anew_under_another_key_is_found(written):
    _compute_anew(bytes(32))
    assert {number for number, _what in found()} >= set(range(1, last().number + 1))


def test_a_chain_computed_anew_under_the_stolen_key_is_found_by_the_signed_head(written):
    audit.keep_head(now_ms())
    AuditRow.update(actor="somebody else").where(AuditRow.number == 3).execute()
    _compute_anew(heads.key(db.folder()))
    assert found() == {(last().number, "head")}


def _compute_anew(key):
    before = ""
    for row in AuditRow.select().order_by(AuditRow.number):
        row.mac = before = chain.code_of(key, before, row)
        row.save()
    AuditHead.update(mac=before).execute()


def test_a_forged_head_is_named_with_its_line(written):
    audit.keep_head(now_ms())
    path = db.folder() / heads.FILE
    head = json.loads(path.read_text()) | {"number": 1}
    path.write_text(json.dumps(head) + "\n")
    with pytest.raises(ActionError, match="line 1: it was not signed"):
        audit.verify()


def test_the_head_is_signed_once_for_what_has_grown(written):
    first = audit.keep_head(now_ms())
    assert audit.keep_head(now_ms() + 1) == first
    gateways.assign_terminal("ct-01", "gw-2")
    assert audit.keep_head(now_ms() + 2)["number"] == first["number"] + 1
    assert len(heads.read(db.folder())) == 2


def test_rows_are_kept_180_days_at_least_and_the_rest_still_holds(written):
    day_ms = 86_400_000
    assert audit.retire(1, now_ms() + 179 * day_ms) == 0
    gone = audit.retire(1, now_ms() + 181 * day_ms)
    assert gone > 4 and last().action == "audit.retire"
    assert audit.verify() == []
    gateways.assign_terminal("ct-01", "gw-2")
    assert audit.verify() == []
    AuditRow.delete().where(AuditRow.number == gone + 1).execute()
    assert (gone + 1, "missing") in found()


def test_the_commands_check_sign_and_take_out(written):
    runner, data = CliRunner(), ["--data", str(written.data_dir)]
    file = written.data_dir / "audit.jsonl"
    assert "all as written" in runner.invoke(main, [*data, "audit", "verify"]).output
    assert "key " in runner.invoke(main, [*data, "audit", "head"]).output
    assert runner.invoke(main, [*data, "audit", "export", str(file)]).exit_code == 0
    assert "rows, as exported" in runner.invoke(main, [*data, "audit", "verify", "--file", str(file)]).output
    again = runner.invoke(main, [*data, "audit", "export", str(file)])
    assert again.exit_code == 1 and "cannot be written" in again.output
    file.write_text(file.read_text().replace("gw-1", "gw-9"))
    assert "not those that were signed" in runner.invoke(main, [*data, "audit", "verify", "--file", str(file)]).output
    AuditRow.update(actor="x").where(AuditRow.number == 2).execute()
    broken = runner.invoke(main, [*data, "audit", "verify"])
    assert broken.exit_code == 1 and "row 2: it is not what was written" in broken.output
    assert AuditRow.get(AuditRow.action == "audit.export").actor.endswith("at the command line")


@pytest.mark.parametrize("road", ["unix", "udp"])
def test_every_row_reaches_syslog_in_order_and_once(written, tmp_path, road):
    family = socket.AF_UNIX if road == "unix" else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log") if road == "unix" else ("127.0.0.1", 0))
        log.settimeout(10)
        target = f"unix:{tmp_path / 'log'}" if road == "unix" else f"127.0.0.1:{log.getsockname()[1]}"
        count = last().number
        with ThreadPoolExecutor(1) as reader:  # a socket of this machine holds a few only until they are read
            read = reader.submit(lambda: [log.recv(65536).decode() for _ in range(count)])
            assert audit.ship(target) == count and audit.ship(target) == 0
            lines = read.result()
    assert all(line.startswith("<109>1 - - gantry") for line in lines)
    assert [json.loads(line.partition(" - audit - ")[2])["number"] for line in lines] == list(range(1, count + 1))


@pytest.mark.parametrize("target,said", [("10.0.0.1:514", "not encrypted"), ("nonsense", "write unix:")])
def test_syslog_elsewhere_or_nowhere_is_refused(written, target, said):
    with pytest.raises(ActionError, match=said):
        audit.ship(target)


def test_a_log_that_is_stuck_ends_the_wait_and_gets_no_row_twice(written, tmp_path, monkeypatch):
    monkeypatch.setattr("collector.audit.syslog.PATIENCE_S", 0.05)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        target, numbers = f"unix:{tmp_path / 'log'}", []
        with db.write():
            for number in range(60):  # more than the queue of a socket holds
                audit.note("test.filled", str(number))
        with pytest.raises(ActionError, match="takes nothing"):
            while audit.ship(target):
                pass
        log.settimeout(0.05)
        while len(numbers) < last().number:
            with suppress(TimeoutError):
                while True:
                    numbers.append(json.loads(log.recv(65536).decode().partition(" - audit - ")[2])["number"])
            with suppress(ActionError):
                audit.ship(target)
    assert numbers == list(range(1, last().number + 1))


def test_a_log_that_is_away_gets_its_rows_later(written, tmp_path):
    with pytest.raises(ActionError, match="takes nothing"):
        audit.ship(f"unix:{tmp_path / 'nobody'}")
    assert AuditHead.get_by_id(1).sent == 0
