"""An outbox that is full, and a disk that is: the chosen policy, each number accounted for, and the way back."""

import os
import sqlite3

import pytest

from firmware.gateway.config import DEFAULTS
from firmware.gateway.errors import GatewayError
from firmware.gateway.outbox import Outbox, look
from firmware.gateway.outbox.room import MEBIBYTE, NO_LIMITS, limits_of
from firmware.protocol.channels import EDGE
from firmware.protocol.frame import Gap
from firmware.protocol.received import span_of
from tests.fakes.disk import mounted, stuff
from tests.firmware.gateway.test_outbox_accounts import NOW_MS, Collector, drain, reading


def spans(outbox, most=10_000):
    """What waits, in order of the numbers."""
    return sorted(span_of(one) for _, one in outbox.peek(most).readings)


def gaps(outbox):
    """The gaps that wait."""
    return [gap for _, _, gap in outbox.peek(10_000).gaps]


def filled(folder, policy, most=100):
    """An outbox that is full of the numbers 1 to `most`."""
    outbox = Outbox(folder, NOW_MS, NO_LIMITS._replace(readings_most=most, when_full=policy))
    outbox.put([reading(n) for n in range(1, most + 1)], [], NOW_MS)
    return outbox


def test_drop_oldest_keeps_the_newest_and_names_what_went_in_one_gap(tmp_path):
    outbox = filled(tmp_path, "drop_oldest")
    for n in range(101, 201):
        outbox.put([reading(n)], [], NOW_MS)
    assert spans(outbox)[-1] == (200, 200) and 98 <= len(spans(outbox)) <= 100
    assert gaps(outbox) == [Gap(1, spans(outbox)[0][0] - 1, "outbox_full")]
    outbox.close()


def test_drop_newest_keeps_the_oldest_and_names_what_went_in_one_gap(tmp_path):
    outbox = filled(tmp_path, "drop_newest")
    for n in range(101, 201):
        outbox.put([reading(n)], [], NOW_MS)
    assert spans(outbox) == [(n, n) for n in range(1, 101)] and gaps(outbox) == [Gap(101, 200, "outbox_full")]
    outbox.put([reading(150)], [], NOW_MS)
    assert len(spans(outbox)) == 100
    seen = outbox.peek(100)
    outbox.drop(seen._replace(gaps=[], records=[]))
    outbox.put([reading(150), reading(201)], [], NOW_MS)  # one that was given up comes again
    assert spans(outbox)[-1] == (201, 201) and (150, 150) not in spans(outbox)
    outbox.close()


def test_thin_loses_resolution_and_no_number_no_edge_no_charge(tmp_path):
    outbox = Outbox(tmp_path, NOW_MS, NO_LIMITS._replace(readings_most=100, when_full="thin"))
    for n in range(1, 801, 8):
        outbox.put([reading(n + at, flags=EDGE if n + at == 403 else 0) for at in range(8)], [], NOW_MS)
    found = [one for _, one in outbox.peek(200).readings]
    assert len(found) <= 100 and gaps(outbox) == []
    covered = sorted(n for one in found for n in range(span_of(one)[0], one.seq + 1))
    assert covered == list(range(1, 801))
    assert sum(one.values["charge_as"] for one in found) == 800
    assert [one.windows for one in found if one.flags & EDGE] == [1]
    assert look.look(tmp_path).refusals == [("outbox", "ct-01", "thinned", 800 - len(found))]
    outbox.close()


def test_what_cannot_be_thinned_any_more_goes_as_the_oldest(tmp_path):
    outbox = Outbox(tmp_path, NOW_MS, NO_LIMITS._replace(readings_most=10, when_full="thin"))
    outbox.put([reading(2 * n) for n in range(1, 13)], [], NOW_MS)
    assert len(spans(outbox)) == 10 and [gap[:2] for gap in gaps(outbox)] == [(2, 2), (4, 4)]
    outbox.close()


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest", "thin"])
def test_records_are_never_dropped(tmp_path, policy):
    outbox = Outbox(tmp_path, NOW_MS, NO_LIMITS._replace(readings_most=1, when_full=policy))
    for n in range(50):
        outbox.put_record("ct-mpps", "mpps", NOW_MS, {"n": n})
        outbox.put([reading(2 * n + 2)], [], NOW_MS)
    assert [record[3]["n"] for record in outbox.peek(500).records] == list(range(50))
    outbox.close()


def test_what_is_on_its_way_is_not_dropped_below_the_uploader(tmp_path):
    outbox = filled(tmp_path, "drop_oldest")
    seen = outbox.peek(10)
    outbox.put([reading(n) for n in range(101, 151)], [], NOW_MS)
    lost = {n for gap in gaps(outbox) for n in range(gap.from_seq, gap.to_seq + 1)}
    assert len(lost) >= 50 and not lost & {one.seq for _, one in seen.readings}
    assert all(row in outbox.peek(200).readings for row in seen.readings)
    outbox.drop(seen)
    outbox.close()


def test_a_gap_that_grew_while_it_was_sent_stays(tmp_path):
    outbox = filled(tmp_path, "drop_newest", 2)
    outbox.put([reading(3)], [], NOW_MS)
    seen = outbox.peek(10)
    outbox.put([reading(4)], [], NOW_MS)
    outbox.drop(seen)
    assert gaps(outbox) == [Gap(3, 4, "outbox_full")]
    outbox.close()


def test_the_file_stays_below_its_limit_in_bytes(tmp_path):
    outbox = Outbox(tmp_path, NOW_MS, NO_LIMITS._replace(bytes_most=MEBIBYTE // 2))
    for at in range(0, 10_000, 500):
        outbox.put([reading(at + n) for n in range(1, 501)], [], NOW_MS)
    assert (tmp_path / "outbox.db").stat().st_size < MEBIBYTE
    assert drain(outbox, most=500).numbers() == list(range(1, 10_001))
    outbox.close()


def test_what_went_is_counted_for_the_status_and_the_page(tmp_path):
    outbox = filled(tmp_path, "drop_newest", 2)
    outbox.put([reading(3), reading(9, 6)], [], NOW_MS)
    assert look.look(tmp_path).refusals == [("outbox", "ct-01", "outbox_full", 7)]
    outbox.close()


def test_a_policy_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(GatewayError, match="outbox.when_full is 'drop_all'; write one of drop_oldest"):
        limits_of({**DEFAULTS, "outbox.when_full": "drop_all"})
    assert limits_of(DEFAULTS).bytes_most == 1000 * MEBIBYTE


@pytest.fixture
def disk(tmp_path):
    """A file system of 12 MiB of its own."""
    with mounted(tmp_path / "disk") as folder:
        yield folder


def test_a_full_disk_takes_nothing_loses_nothing_and_goes_on_when_there_is_room(disk):
    outbox = Outbox(disk, NOW_MS)
    outbox.put([reading(n) for n in range(1, 101)], [], NOW_MS)
    other = stuff(disk)
    kept = 100
    with pytest.raises(sqlite3.OperationalError):
        for n in range(101, 100_000):
            outbox.put([reading(n)], [], NOW_MS)
            kept = n
    assert spans(outbox) == [(n, n) for n in range(1, kept + 1)]
    other.unlink()
    outbox.put([reading(n) for n in range(kept + 1, kept + 11)], [], NOW_MS)
    assert drain(outbox).numbers() == list(range(1, kept + 11))
    outbox.close()


def test_what_was_sent_while_the_disk_is_full_is_dropped_when_there_is_room(disk):
    outbox, collector = Outbox(disk, NOW_MS), Collector()
    outbox.put([reading(n) for n in range(1, 2001)], [], NOW_MS)
    outbox._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # its log has no room of its own
    other = stuff(disk)
    collector.take(waiting := outbox.peek(50))
    with pytest.raises(sqlite3.OperationalError):
        outbox.drop(waiting)
    assert outbox.peek(50) == waiting
    other.unlink()
    assert drain(outbox, collector, 500).numbers() == list(range(1, 2001))
    outbox.close()


def test_killed_on_a_full_disk_it_opens_again_with_all_that_was_acknowledged(disk):
    outbox = Outbox(disk, NOW_MS)
    outbox.put([reading(n) for n in range(1, 101)], [], NOW_MS)
    other = stuff(disk)
    with pytest.raises(sqlite3.OperationalError):
        outbox.put([reading(n) for n in range(101, 20_000)], [], NOW_MS)
    other.unlink()
    again = Outbox(disk, NOW_MS)  # the first is never closed
    again.put([reading(101)], [], NOW_MS)
    assert drain(again).numbers() == list(range(1, 102))
    again.close()


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest", "thin"])
def test_it_leaves_the_disk_its_floor_and_then_keeps_to_its_policy(disk, policy):
    outbox = Outbox(disk, NOW_MS, NO_LIMITS._replace(free_least=7 * MEBIBYTE, when_full=policy))
    n, last = 0, 60_000
    while n < last:
        outbox.put([reading(n + at) for at in range(1, 501)], [], NOW_MS)
        n += 500
        state = os.statvfs(disk)
        assert state.f_bavail * state.f_frsize > MEBIBYTE  # the log needs some of the floor
        if last == 60_000 and look.look(disk).refusals:
            last = n + 5_000
    assert last < 60_000
    assert drain(outbox, most=500).numbers() == list(range(1, n + 1))
    outbox.put([reading(n + 1)], [], NOW_MS)
    assert spans(outbox) == [(n + 1, n + 1)]
    outbox.close()
