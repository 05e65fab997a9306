"""What the collector has not taken yet, on the disk."""

import random
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from firmware.gateway.errors import GatewayError
from firmware.gateway.outbox import Outbox, Waiting, look
from firmware.gateway.outbox.numbers import MOST
from firmware.gateway.outbox.room import NO_LIMITS
from firmware.processing import intervals
from firmware.protocol.channels import AGGREGATED
from firmware.protocol.frame import Gap, Reading, seq_of
from firmware.protocol.record import FIRST_N, Record

NOW_MS = 1_795_000_000_000


def reading(seq, terminal_id="ct-01", **values):
    return Reading(terminal_id, NOW_MS + seq, seq, values or {"temperature_c": 20.0}, 0, 1)


def numbers(waiting):
    return [(one.terminal_id, one.seq) for _, one in waiting.readings]


@pytest.fixture
def outbox(tmp_path):
    one = Outbox(tmp_path, NOW_MS)
    yield one
    one.close()


def test_what_was_put_comes_out_oldest_first_and_unchanged(outbox):
    first = Reading("ct-01", NOW_MS, 9, {"temperature_c": 21.56, "current_a": None, "voltage_v": 0.0}, 64, 1)
    outbox.put([first, reading(3), reading(7, "ct-02")], [], NOW_MS)
    waiting = outbox.peek(10)
    assert waiting.readings[0][1] == first
    assert numbers(waiting) == [("ct-01", 9), ("ct-01", 3), ("ct-02", 7)]
    assert numbers(outbox.peek(2)) == [("ct-01", 9), ("ct-01", 3)]


def test_a_reading_sent_twice_waits_once(outbox):
    outbox.put([reading(1)], [], NOW_MS)
    outbox.put([reading(1), reading(2)], [("ct-01", Gap(5, 6, "reboot"))] * 2, NOW_MS)
    assert numbers(outbox.peek(10)) == [("ct-01", 1), ("ct-01", 2)]
    assert [gap for _, _, gap in outbox.peek(10).gaps] == [Gap(5, 6, "reboot")]


def test_a_peek_forgets_nothing_and_a_drop_only_what_was_peeked(outbox):
    outbox.put([reading(1), reading(2)], [], NOW_MS)
    seen = outbox.peek(10)
    outbox.put([reading(3)], [], NOW_MS)
    assert numbers(outbox.peek(10)) == [("ct-01", 1), ("ct-01", 2), ("ct-01", 3)]
    outbox.drop(seen)
    assert numbers(outbox.peek(10)) == [("ct-01", 3)]


def test_what_was_handed_over_is_not_sent_again_also_after_a_restart(outbox, tmp_path):
    outbox.put([reading(1), reading(2), reading(4)], [], NOW_MS)
    outbox.drop(outbox.peek(10))
    outbox.put([reading(seq) for seq in (1, 2, 3, 4)], [], NOW_MS)
    again = Outbox(tmp_path, NOW_MS)
    again.put([reading(seq) for seq in (1, 2, 3, 4)], [], NOW_MS)
    assert numbers(outbox.peek(10)) == numbers(again.peek(10)) == [("ct-01", 3)]
    again.close()


def test_an_aggregated_reading_stands_for_all_its_numbers(outbox, tmp_path):
    minute = reading(12)._replace(flags=AGGREGATED, windows=6)
    outbox.put([minute], [], NOW_MS)
    assert outbox.peek(10).readings[0][1] == minute
    outbox.drop(outbox.peek(10))
    outbox.put([reading(seq) for seq in range(6, 14)], [], NOW_MS)
    assert numbers(outbox.peek(10)) == [("ct-01", 6), ("ct-01", 13)]


def test_a_full_outbox_names_every_number_an_aggregated_reading_stood_for(tmp_path):
    outbox = Outbox(tmp_path, NOW_MS, NO_LIMITS._replace(readings_most=2))
    outbox.put([reading(6 * at)._replace(flags=AGGREGATED, windows=6) for at in (1, 2, 3)], [], NOW_MS)
    assert [gap for _, _, gap in outbox.peek(10).gaps] == [Gap(1, 6, "outbox_full")]
    outbox.close()


def test_an_outbox_of_a_gateway_that_knew_no_aggregation_goes_on(tmp_path):
    outbox = Outbox(tmp_path, NOW_MS)
    outbox.put([reading(1)], [], NOW_MS)
    outbox.close()
    with sqlite3.connect(tmp_path / "outbox.db") as database:
        database.execute("ALTER TABLE readings DROP COLUMN windows")
    database.close()
    outbox = Outbox(tmp_path, NOW_MS)
    outbox.put([reading(8)._replace(windows=6)], [], NOW_MS)
    assert [one.windows for _, one in outbox.peek(10).readings] == [1, 6]
    outbox.close()


def test_what_is_remembered_of_a_terminal_has_a_bound(outbox):
    for seq in range(2, 2 * MOST + 100, 2):
        outbox.put([reading(seq)], [], NOW_MS)
        outbox.drop(outbox.peek(1))
    outbox.put([reading(2), reading(2 * MOST)], [], NOW_MS)
    assert numbers(outbox.peek(10)) == [("ct-01", 2)]


def test_a_full_outbox_drops_the_oldest_and_says_which(tmp_path):
    outbox = Outbox(tmp_path, NOW_MS, NO_LIMITS._replace(readings_most=100))
    outbox.put([reading(seq) for seq in range(1, 102)], [], NOW_MS)
    waiting = outbox.peek(200)
    assert numbers(waiting)[0] == ("ct-01", 3) and len(waiting.readings) == 99
    assert [(terminal_id, gap) for _, terminal_id, gap in waiting.gaps] == [("ct-01", Gap(1, 2, "outbox_full"))]
    outbox.close()


def test_records_never_share_a_number_not_even_with_a_lost_outbox(tmp_path):
    seen = []
    for life in range(3):
        outbox = Outbox(tmp_path / str(life // 2), NOW_MS + life)
        outbox.report({("ct-01", "seal_wrong"): 1}, NOW_MS)
        outbox.report({("ct-01", "seal_wrong"): 2, ("", "broker_refused"): 1}, NOW_MS)
        waiting = outbox.peek(10)
        seen += [seq for seq, *_ in waiting.records]
        assert waiting.records[-1][3] == {"ct-01": {"seal_wrong": 2}, "": {"broker_refused": 1}}
        outbox.drop(waiting)
        outbox.close()
    assert len(set(seen[:4])) == 4
    assert set(seen[4:]).isdisjoint(seen[:1]) and seen[4] > seen[0]


def test_what_is_set_aside_is_kept_with_its_reason_and_out_of_the_way(outbox, tmp_path):
    outbox.put([reading(1), reading(2)], [], NOW_MS)
    outbox.set_aside(outbox.peek(1), "body_invalid", "nobody knows why", NOW_MS)
    assert numbers(outbox.peek(10)) == [("ct-01", 2)]
    assert look.look(tmp_path).set_aside == 1


def test_totals_grow_over_reports_and_restarts(outbox, tmp_path):
    outbox.report({("ct-01", "seal_wrong"): 2}, NOW_MS)
    again = Outbox(tmp_path, NOW_MS)
    again.report({("ct-01", "seal_wrong"): 3}, NOW_MS)
    again.count_a02({("ct-01", "reading_future"): 1})
    again.close()
    assert look.look(tmp_path).refusals == [("A01", "ct-01", "seal_wrong", 5), ("A02", "ct-01", "reading_future", 1)]


def test_the_state_can_be_looked_at_while_it_runs(outbox, tmp_path):
    outbox.put([reading(5), reading(4)], [("ct-01", Gap(1, 3, "reboot"))], NOW_MS)
    state = look.look(tmp_path)
    assert (state.waiting, state.oldest_ms, state.gaps, state.records) == (2, NOW_MS + 4, 1, 0)
    assert look.heard(tmp_path) == {"ct-01": (NOW_MS, 5, 2)}


def test_the_file_is_the_gateways_alone(outbox, tmp_path):
    assert stat.S_IMODE((tmp_path / "outbox.db").stat().st_mode) == 0o600


def test_a_folder_that_takes_no_file_is_named_with_what_to_do(tmp_path):
    (tmp_path / "outbox.db").mkdir()
    with pytest.raises(GatewayError, match="outbox.db cannot be used"):
        Outbox(tmp_path, NOW_MS)


def test_a_full_disk_changes_nothing_and_is_said(outbox):
    outbox.put([reading(1)], [], NOW_MS)
    outbox._database.execute("PRAGMA max_page_count = 1")
    many = [reading(seq, temperature_c=1.0) for seq in range(2, 3000)]
    with pytest.raises(sqlite3.OperationalError, match="full"):
        outbox.put(many, [], NOW_MS)
    outbox._database.execute("PRAGMA max_page_count = 100000")
    assert numbers(outbox.peek(10)) == [("ct-01", 1)]
    outbox.put(many, [], NOW_MS)
    assert len(outbox.peek(5000).readings) == 2999


def test_killed_at_any_moment_nothing_that_was_acknowledged_is_lost(tmp_path):
    first, acknowledged = 1, 0
    for _life in range(6):
        writer = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("outbox_writer.py"), tmp_path, str(first)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout.readline()
        time.sleep(random.uniform(0, 0.15))
        writer.kill()
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
        writer.wait()
        first = acknowledged + 1
    outbox = Outbox(tmp_path, NOW_MS)
    kept = intervals.merged((one.seq, one.seq) for _, one in outbox.peek(1_000_000).readings)
    assert acknowledged > 40 and intervals.holds(kept, acknowledged)
    assert kept[0][0] == 1 and len(kept) == 1
    outbox.drop(Waiting([], [], []))
    outbox.close()


def test_a_record_with_a_number_of_its_own_keeps_it_and_waits_once(outbox):
    own = Record(seq_of(7, FIRST_N + 1), "flows", NOW_MS, {"flows": []})
    outbox.put_record("ct1-mpps", "mpps", NOW_MS, {})
    for _ in range(2):
        outbox.put([], [], NOW_MS, [("ws-01", own), ("ws-02", own)])
    waiting = outbox.peek(10).records
    assert [(one[0], one[4]) for one in waiting[1:]] == [(own.seq, "ws-01"), (own.seq, "ws-02")]
    outbox.drop(Waiting([], [], waiting[:2]))
    assert [one[4] for one in outbox.peek(10).records] == ["ws-02"]
