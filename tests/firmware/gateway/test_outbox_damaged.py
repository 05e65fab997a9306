"""A damaged outbox file: set aside, what can be read saved, what is lost named; and a power cut within a commit."""

import random
import shutil
import sqlite3

import pytest

from firmware.gateway.outbox import Outbox, look
from firmware.protocol.frame import Gap
from tests.firmware.gateway.test_outbox_accounts import NOW_MS, Collector, drain, reading

MANY = 3000
PAGE = 4096


def filled(folder, handed=500):
    """An outbox file of the numbers 1 to MANY of which the first are handed over, a gap and a record; closed."""
    outbox, collector = Outbox(folder, NOW_MS), Collector()
    outbox.put([reading(n) for n in range(1, handed + 1)], [], NOW_MS)
    collector.take(waiting := outbox.peek(handed))
    outbox.drop(waiting)
    outbox.put([reading(n) for n in range(handed + 1, MANY + 1)], [("ct-02", Gap(1, 5, "reboot"))], NOW_MS)
    outbox.put_record("ct-mpps", "mpps", NOW_MS, {"step": 1})
    outbox.close()
    return collector


def spoil(folder, chance):
    """Overwrite one page of the file, not the first."""
    with open(folder / "outbox.db", "r+b") as file:
        file.seek(chance.randrange(1, file.seek(0, 2) // PAGE) * PAGE)
        file.write(chance.randbytes(PAGE))


def damage(folder):
    """The one record that says what happened."""
    outbox = Outbox(folder, NOW_MS)
    found = [record for record in outbox.peek(500).records if record[1] == "outbox_damaged"]
    outbox.close()
    return found


@pytest.mark.parametrize("seed", range(12))
def test_a_page_that_cannot_be_read_costs_its_numbers_and_each_is_named(tmp_path, seed):
    chance = random.Random(seed)
    collector = filled(tmp_path)
    outbox = Outbox(tmp_path, NOW_MS)  # it knows its numbers
    spoil(tmp_path, chance)
    while True:
        try:
            outbox.put([reading(n) for n in range(1, MANY + 6)], [], NOW_MS)  # a terminal that never heard of the acks
            drain(outbox, collector, 400)
            break
        except sqlite3.DatabaseError:
            continue
    outbox.close()
    outbox = Outbox(tmp_path, NOW_MS)
    drain(outbox, collector, 400)
    outbox.close()
    assert set(collector.numbers()) == set(range(1, MANY + 6))
    delivered = [one.seq for one in collector.readings if one.terminal_id == "ct-01"]
    assert sorted(delivered) == sorted(set(delivered))


def test_what_terminals_do_not_hold_any_more_is_named_as_a_gap_and_in_a_record(tmp_path):
    collector = filled(tmp_path)
    with sqlite3.connect(tmp_path / "outbox.db") as database:
        middle = "UPDATE readings SET channels = '{' WHERE seq IN (1000, 1001, 2000)"
        database.execute(middle)
    database.close()
    outbox = Outbox(tmp_path, NOW_MS)
    with pytest.raises(sqlite3.DatabaseError, match="is none"):
        drain(outbox, collector, 400)
    drain(outbox, collector, 400)
    outbox.close()
    assert collector.numbers() == list(range(1, MANY + 1))
    lost = [gap for terminal_id, gap in collector.gaps if terminal_id == "ct-01"]
    assert lost == [Gap(1000, 1001, "outbox_damaged"), Gap(2000, 2000, "outbox_damaged")]
    assert ("outbox", "ct-01", "outbox_damaged", 3) in look.look(tmp_path).refusals


def test_what_was_on_its_way_when_it_broke_takes_nothing_else_along(tmp_path):
    filled(tmp_path)
    outbox = Outbox(tmp_path, NOW_MS)
    outbox.put([reading(2, terminal_id="ct-02")], [], NOW_MS)
    on_its_way = outbox.peek(300)
    outbox._database.execute("UPDATE readings SET channels = 'x' WHERE seq = 1500")
    with pytest.raises(sqlite3.DatabaseError):
        outbox.peek(5000)
    outbox.put([reading(n, terminal_id="new") for n in range(1, 400)], [], NOW_MS)
    outbox.drop(on_its_way)
    assert drain(outbox).numbers("new") == list(range(1, 400))
    outbox.close()


def test_a_file_that_is_no_database_is_set_aside_and_another_begun(tmp_path):
    (tmp_path / "outbox.db").write_bytes(b"no database" * 500)
    (record,) = damage(tmp_path)
    aside = tmp_path / record[3]["file"]
    assert aside.read_bytes() == b"no database" * 500
    assert record[3] == {"file": aside.name, "error": "file is not a database", "saved": 0, "lost": {}}


def test_only_the_newest_files_set_aside_are_kept(tmp_path):
    for _ in range(4):
        (tmp_path / "outbox.db").write_bytes(b"no database" * 500)
        (tmp_path / "outbox.db-wal").unlink(missing_ok=True)
        damage(tmp_path)
    assert len(list(tmp_path.glob("outbox-damaged-*.db"))) == 2


@pytest.mark.parametrize("seed", range(8))
def test_a_power_cut_in_the_middle_of_a_commit_takes_that_commit_only(tmp_path, seed):
    chance, folder, cut = random.Random(seed), tmp_path / "before", tmp_path / "after"
    outbox, committed = Outbox(folder, NOW_MS), [0]
    log_file = folder / "outbox.db-wal"
    for n in range(1, 21):
        outbox.put([reading(n)], [], NOW_MS)
        committed.append(log_file.stat().st_size)
    shutil.copytree(folder, cut)  # as the disk is at this moment
    last = chance.randint(1, 20)
    at = chance.randint(committed[last - 1], committed[last] - 1)
    with open(cut / "outbox.db-wal", "r+b") as file:
        file.truncate(at)
        file.seek(0, 2)
        file.write(chance.randbytes(chance.choice([0, 100, 8192])))  # blocks that were never written hold anything
    (cut / "outbox.db-shm").unlink()
    outbox.close()
    again = Outbox(cut, NOW_MS)
    again.put([reading(n) for n in range(last, 21)], [], NOW_MS)
    assert drain(again).numbers() == list(range(1, 21)) and not damage(cut)
    again.close()
