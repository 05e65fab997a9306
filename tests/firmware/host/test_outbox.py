"""What no gateway has acknowledged, on the computer's disk: numbered once, stamped when a time is known, never lost."""

import sqlite3
from types import SimpleNamespace

import pytest

from firmware.host.clock import Clock
from firmware.host.errors import HostError
from firmware.host.outbox import Outbox, look
from firmware.protocol.channels import CHANNELS, TIME_ESTIMATED
from firmware.protocol.frame import Gap, pack_readings, seq_of
from firmware.protocol.received import unpack_readings
from firmware.protocol.record import FIRST_N

TRUE_MS = 1_795_000_000_000
IDENTITY = SimpleNamespace(terminal_id="ws-01", first_boot_no=3_600_000)


class FixedClock(Clock):
    """A computer whose own clock is an hour slow."""

    now_ms = 1_000_000

    def steady_ms(self):
        return self.now_ms

    def own_ms(self):
        return TRUE_MS - 3_600_000 + self.now_ms


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def opened(tmp_path, clock):
    boxes = []

    def again(readings_most=1000):
        boxes.append(Outbox(tmp_path, IDENTITY, clock, readings_most))
        return boxes[-1]

    yield again
    for box in boxes:
        box.close()


def put(outbox, clock, *numbers, lost=()):
    heads = [(seq_of(outbox.boot_no, n), clock.own_ms(), clock.steady_ms(), 0) for n in numbers]
    outbox.put([(*head, {"disk_used_pct": 50.0, "uptime_h": None}) for head in heads], [], lost)


def readings(outbox, count=100):
    boot_no, packed = outbox.peek(count)
    return unpack_readings("ws-01", pack_readings(boot_no, packed), CHANNELS)


def test_nothing_leaves_before_a_time_is_known_and_then_each_has_its_own(opened, clock):
    outbox = opened()
    put(outbox, clock, 1)
    assert outbox.peek(10)[1] == []
    clock.now_ms += 60_000
    clock.set(TRUE_MS)
    outbox.stamp(clock.offset_ms)
    put(outbox, clock, 2)
    assert [(one.seq, one.ts_ms, one.flags) for one in readings(outbox)] == [
        (seq_of(outbox.boot_no, 1), TRUE_MS - 60_000, 0),
        (seq_of(outbox.boot_no, 2), TRUE_MS, 0),
    ]
    assert readings(outbox)[0].values == {"disk_used_pct": 50.0, "uptime_h": None}


def test_what_an_earlier_start_left_without_a_time_is_estimated_by_the_computers_own_clock(opened, clock):
    put(opened(), clock, 1)
    clock.now_ms += 120_000
    outbox = opened()
    clock.set(TRUE_MS)
    outbox.stamp(clock.offset_ms)
    (one,) = readings(outbox)
    assert (one.ts_ms, one.flags) == (TRUE_MS - 120_000, TIME_ESTIMATED)


def test_a_boot_number_is_never_given_twice(opened, tmp_path):
    first, second = opened().boot_no, opened().boot_no
    assert second == first + 1 >= IDENTITY.first_boot_no
    (tmp_path / "outbox.db").rename(tmp_path / "aside")
    assert opened().boot_no > IDENTITY.first_boot_no + 1_000  # minutes since 2020, as the computer has them


def test_a_peek_holds_one_boot_and_a_drop_only_what_was_acknowledged(opened, clock):
    clock.set(TRUE_MS)
    old = opened()
    put(old, clock, 1, 2, 3)
    new = opened()
    put(new, clock, 1)
    assert [one.seq & 0xFFFFFF for one in readings(new)] == [1, 2, 3]
    new.drop([(seq_of(old.boot_no, 1), seq_of(old.boot_no, 2))])
    assert [one.seq for one in readings(new)] == [seq_of(old.boot_no, 3)]
    new.drop([(seq_of(old.boot_no, 3), seq_of(old.boot_no, 3))])
    assert [one.seq for one in readings(new)] == [seq_of(new.boot_no, 1)]


def test_a_record_waits_beside_the_readings_until_its_own_number_is_acknowledged(opened, clock):
    clock.set(TRUE_MS)
    outbox = opened()
    put(outbox, clock, 1)
    seq = seq_of(outbox.boot_no, FIRST_N + 1)
    outbox.put([], [(seq, clock.own_ms(), clock.steady_ms(), "disks", {"disks": {}})], [])
    assert outbox.record() == (seq, "disks", TRUE_MS, {"disks": {}})
    outbox.drop([(seq_of(outbox.boot_no, 1), seq_of(outbox.boot_no, 1))])
    assert outbox.record().seq == seq and outbox.oldest() is None
    outbox.drop([(seq, seq)])
    assert outbox.record() is None and look(outbox_folder(outbox)).records == 0


def outbox_folder(outbox):
    return outbox._database.execute("PRAGMA database_list").fetchone()[2].rpartition("/")[0]


def test_what_has_no_room_becomes_a_gap_until_that_is_acknowledged(opened, clock):
    clock.set(TRUE_MS)
    outbox = opened(readings_most=100)
    put(outbox, clock, *range(1, 102), lost=[(7, 9)])
    first = seq_of(outbox.boot_no, 1)
    assert outbox.gaps() == [Gap(7, 9, "outbox_full"), *(Gap(first + n, first + n, "outbox_full") for n in range(2))]
    assert len(readings(outbox, 200)) == 99
    outbox.drop([(7, 9), (first, first + 1)])
    assert outbox.gaps() == []


def test_a_disk_that_takes_nothing_is_said_and_nothing_has_changed(opened, clock):
    clock.set(TRUE_MS)
    outbox = opened()
    put(outbox, clock, 1)
    outbox._database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.Error):
        put(outbox, clock, *range(2, 500))
    assert [one.seq & 0xFFFFFF for one in readings(outbox)] == [1]
    outbox._database.execute("PRAGMA max_page_count = 100000")
    put(outbox, clock, 2)
    assert len(readings(outbox)) == 2


def test_a_damaged_file_stops_the_start_and_says_what_to_do(tmp_path, clock):
    (tmp_path / "outbox.db").write_bytes(b"no database" * 1000)
    with pytest.raises(HostError, match="outbox.db cannot be used: .*move the file away"):
        Outbox(tmp_path, IDENTITY, clock, 1000)
