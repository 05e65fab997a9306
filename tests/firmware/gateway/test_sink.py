"""The sink: numbers never used twice, nothing lost while the disk takes nothing, the same checks as for terminals."""

import asyncio
import sqlite3

import pytest

from firmware.gateway.clock import Clock
from firmware.gateway.errors import GatewayError
from firmware.gateway.intake import Intake
from firmware.gateway.outbox import Outbox
from firmware.gateway.refusals import Refusals
from firmware.gateway.sink import WAITING_MOST, Sink, next_boot_no
from firmware.protocol.channels import OUT_OF_RANGE
from firmware.protocol.frame import seq_of

NOW_MS = 1_795_000_000_000


class Pool:
    """A sink over a real outbox, whose disk can be full."""

    def __init__(self, folder, boot_no=5):
        self.outbox, self.refusals, self.full = Outbox(folder, NOW_MS), Refusals(), False
        clock = Clock(lambda: NOW_MS, lambda: 0, lambda: True)
        intake = Intake({"state": folder}, None, None, clock, self.refusals, self, self, None)
        self.sink = Sink(boot_no, intake, self, self.refusals, clock, self)

    def put(self, *arguments):
        """As the outbox's."""
        self._refuse()
        return self.outbox.put(*arguments)

    def put_record(self, *arguments):
        """As the outbox's."""
        self._refuse()
        self.outbox.put_record(*arguments)

    def _refuse(self):
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")

    def set(self):
        """As an event's."""

    def pour(self, count=1, values=None, source_id="chiller-01"):
        """Whether `count` readings are on the disk."""
        rows = [(source_id, NOW_MS, values or {"water_supply_c": 7.0}, 0) for _ in range(count)]
        return asyncio.run(self.sink.readings(rows))

    def numbers(self, source_id="chiller-01"):
        """Every number in the outbox."""
        return [one.seq for _, one in self.outbox.peek(5000).readings if one.terminal_id == source_id]


@pytest.fixture
def pool(tmp_path):
    one = Pool(tmp_path)
    yield one
    one.outbox.close()


def test_each_source_counts_for_itself_under_the_boot_number(pool):
    assert pool.pour(2) and pool.pour(1, source_id="ups-01")
    assert pool.numbers() == [seq_of(5, 1), seq_of(5, 2)] and pool.numbers("ups-01") == [seq_of(5, 1)]


def test_a_boot_number_is_used_once_and_the_first_comes_from_the_clock(tmp_path):
    first = next_boot_no(tmp_path, 1_577_836_800_000 + 90 * 60_000)
    assert [first, next_boot_no(tmp_path, 0), next_boot_no(tmp_path, NOW_MS)] == [90, 91, 92]
    (tmp_path / "sources.json").write_text("{")
    with pytest.raises(GatewayError, match="damaged"):
        next_boot_no(tmp_path, NOW_MS)


def test_what_a_full_disk_does_not_take_waits_with_its_number(pool):
    pool.full = True
    assert not pool.pour(3)
    pool.full = False
    assert pool.pour(1)
    assert pool.numbers() == [seq_of(5, n) for n in (1, 2, 3, 4)]


def test_what_is_too_much_for_a_full_disk_becomes_a_gap(pool):
    pool.full = True
    assert not pool.pour(WAITING_MOST + 2)
    pool.full = False
    assert pool.pour(1)
    assert len(pool.numbers()) == WAITING_MOST and pool.numbers()[-1] == seq_of(5, WAITING_MOST + 3)
    gaps = [(gap.from_seq, gap.to_seq, gap.reason) for _, _, gap in pool.outbox.peek(5000).gaps]
    assert gaps == [(seq_of(5, n), seq_of(5, n), "outbox_full") for n in (1, 2, 3)]


def test_a_value_its_channel_cannot_mean_is_bad_flagged_and_counted(pool):
    pool.pour(1, {"water_supply_c": 900.0, "power_kw": 3.0})
    ((_, reading),) = pool.outbox.peek(5).readings
    assert reading.values == {"water_supply_c": None, "power_kw": 3.0} and reading.flags == OUT_OF_RANGE
    assert pool.refusals.take() == {("chiller-01", "value_out_of_range"): 1}


def test_a_record_says_whether_it_is_on_the_disk(pool):
    pool.full = True
    assert not asyncio.run(pool.sink.record("ct-mpps", "mpps", NOW_MS, {"state": "completed"}))
    pool.full = False
    assert asyncio.run(pool.sink.record("ct-mpps", "mpps", NOW_MS, {"state": "completed"}))
    (record,) = pool.outbox.peek(5).records
    assert record[1:] == ("mpps", NOW_MS, {"state": "completed"}, "ct-mpps")


def test_an_outbox_of_before_there_were_sources_is_taken_over(tmp_path):
    with sqlite3.connect(tmp_path / "outbox.db") as old:
        old.execute("CREATE TABLE records (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, ts_ms INTEGER, body TEXT)")
        old.execute("INSERT INTO records VALUES (7, 'refusals', 1, '{}')")
    old.close()
    outbox = Outbox(tmp_path, NOW_MS)
    outbox.put_record("ct-mpps", "mpps", 2, {})
    assert [record[0::4] for record in outbox.peek(5).records] == [(7, None), (8, "ct-mpps")]
    outbox.close()
