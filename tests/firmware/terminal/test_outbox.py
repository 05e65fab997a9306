"""Memory and flash are one queue: oldest first, over restarts, until a reading is acknowledged or said to be lost."""

import os
import shutil
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.protocol.channels import AGGREGATED, TIME_ESTIMATED
from firmware.protocol.frame import Reading, pack_readings, pack_record, seq_of
from firmware.protocol.received import span_of, unpack_readings
from firmware.terminal.blocks import BLOCK
from firmware.terminal.outbox import SAVE_AFTER_MS, Outbox
from firmware.terminal.segments import Segments

BOOT, TIME_MS, WINDOW_MS = 7, 1_760_000_000_000, 10_000


class Board:
    """A folder that outlives its terminal: `boot` switches it on again."""

    def __init__(self, folder, limit=64 * BLOCK, slots=4):
        self.folder, self._limit, self._slots = str(folder) + "/outbox/", limit, slots
        self.boot_no, self.n = BOOT - 1, 0
        self.boot()

    def boot(self):
        self.boot_no, self.n = self.boot_no + 1, 0
        self.outbox = Outbox(self.boot_no, self._slots, 40, Segments(self.folder, self._limit))

    def fill(self, count):
        for _ in range(count):
            self.n += 1
            ts_ms = self.n * WINDOW_MS + (TIME_MS if self.outbox.stamped else 0)
            reading = Reading("ct-01", ts_ms, seq_of(self.boot_no, self.n), {"current_a": 1.0}, 0, 1)
            self.outbox.put(pack_record(reading), self.n * WINDOW_MS)

    def waiting(self, acknowledge=True):
        """Every reading that is handed over, each acknowledged as it comes."""
        found = []
        while True:
            boot_no, records = self.outbox.peek(20)
            if not records:
                return found
            readings = unpack_readings("ct-01", pack_readings(boot_no, records))
            found += readings
            if not acknowledge:
                return found
            self.outbox.drop([(readings[0].seq, readings[-1].seq)])


@pytest.fixture
def board(tmp_path):
    return Board(tmp_path)


def places(readings):
    return [divmod(reading.seq, 1 << 24) for reading in readings]


def test_what_does_not_fit_into_memory_goes_to_the_flash_and_comes_back_in_order(board):
    board.outbox.stamp(TIME_MS)
    board.fill(50)
    assert places(board.waiting()) == [(BOOT, n) for n in range(1, 51)]
    assert board.outbox.oldest() is None and board.outbox.gaps() == []


def test_while_a_gateway_answers_nothing_is_written(board, tmp_path):
    board.outbox.stamp(TIME_MS)
    for _ in range(20):
        board.fill(1)
        board.waiting()
        board.outbox.save_if_due(board.n * WINDOW_MS)
    assert list((tmp_path / "outbox").iterdir()) == []


def test_a_reading_waits_in_memory_no_longer_than_it_should(board, tmp_path):
    board.outbox.stamp(TIME_MS)
    board.fill(1)
    board.outbox.save_if_due(WINDOW_MS + SAVE_AFTER_MS)
    assert list((tmp_path / "outbox").iterdir()) == []
    board.outbox.save_if_due(WINDOW_MS + SAVE_AFTER_MS + 1)
    assert len(list((tmp_path / "outbox").iterdir())) == 1


def test_readings_of_an_earlier_boot_come_first_and_under_their_own_number(board):
    board.outbox.stamp(TIME_MS)
    board.fill(10)  # the last two are in memory only, and go with the power
    board.boot()
    board.outbox.stamp(TIME_MS + 3_600_000)
    board.fill(3)
    assert places(board.waiting()) == [(BOOT, n) for n in range(1, 9)] + [(BOOT + 1, n) for n in range(1, 4)]


def test_nothing_is_handed_over_before_a_time_is_known_then_uptimes_become_times(board):
    board.fill(10)
    assert board.outbox.peek(20) == (BOOT, [])
    board.outbox.stamp(TIME_MS)
    readings = board.waiting()
    assert [reading.ts_ms for reading in readings] == [TIME_MS + n * WINDOW_MS for n in range(1, 11)]
    assert not any(reading.flags & TIME_ESTIMATED for reading in readings)


def test_a_boot_that_never_knew_the_time_is_estimated_to_end_where_the_next_began_and_says_so(board):
    board.fill(12)
    board.boot()
    board.outbox.stamp(TIME_MS)
    readings = board.waiting()
    assert readings[-1].ts_ms == TIME_MS
    assert [b.ts_ms - a.ts_ms for a, b in zip(readings, readings[1:], strict=False)] == [WINDOW_MS] * (
        len(readings) - 1
    )
    assert all(reading.flags & TIME_ESTIMATED for reading in readings)


def test_a_boot_that_learned_the_time_late_is_estimated_to_meet_its_first_known_time(board):
    board.fill(8)
    board.outbox.stamp(TIME_MS)
    board.fill(8)
    board.boot()
    board.outbox.stamp(TIME_MS + 86_400_000)
    readings = board.waiting()
    assert readings[3].ts_ms == readings[4].ts_ms == TIME_MS + 5 * WINDOW_MS
    assert [bool(reading.flags & TIME_ESTIMATED) for reading in readings] == [True] * 4 + [False] * 8


def test_what_was_acknowledged_is_gone_after_a_restart_but_for_one_file(board):
    board.outbox.stamp(TIME_MS)
    board.fill(400)
    _boot, records = board.outbox.peek(300)
    board.outbox.drop([(seq_of(BOOT, 1), seq_of(BOOT, 250))])
    board.boot()
    board.outbox.stamp(TIME_MS)
    again = places(board.waiting())
    assert again[-1] == (BOOT, 396) and again[0][1] > 1


def test_a_full_flash_loses_its_oldest_and_says_which_until_that_is_acknowledged(tmp_path):
    board = Board(tmp_path, limit=2 * BLOCK)
    board.outbox.stamp(TIME_MS)
    board.fill(1000)
    (gap,) = board.outbox.gaps()[:1]
    assert gap.from_seq == seq_of(BOOT, 1) and gap.reason == "outbox_full"
    lost = [n for one in board.outbox.gaps() for n in range(one.from_seq, one.to_seq + 1)]
    waiting = [reading.seq for reading in board.waiting()]
    assert lost + waiting == [seq_of(BOOT, n) for n in range(1, 1001)]
    board.outbox.drop([(lost[0], lost[-1])])
    assert board.outbox.gaps() == []


def test_a_full_flash_folds_its_oldest_windows_into_minutes_before_it_loses_any(tmp_path):
    board = Board(tmp_path, limit=24 * BLOCK)
    board.outbox.stamp(TIME_MS)
    board.fill(7000)
    assert board.outbox.gaps() == [] and board.outbox.depth()["thinned"] > 0
    readings = board.waiting()
    spans = [span_of(reading) for reading in readings]
    assert [n for first, last in spans for n in range(first, last + 1)] == [seq_of(BOOT, n) for n in range(1, 7001)]
    assert {reading.windows for reading in readings} >= {1, 6}
    for reading in readings:
        assert reading.ts_ms == TIME_MS + (span_of(reading)[0] & 0xFFFFFF) * WINDOW_MS
        assert bool(reading.flags & AGGREGATED) == (reading.windows > 1)
        assert reading.values == {"current_a": 1.0}


def test_what_was_handed_over_in_part_is_not_folded_with_what_was_not(tmp_path):
    board = Board(tmp_path, limit=24 * BLOCK)
    board.outbox.stamp(TIME_MS)
    board.fill(1500)
    boot_no, records = board.outbox.peek(20)
    taken = {reading.seq for reading in unpack_readings("ct-01", pack_readings(boot_no, records))}
    board.outbox.drop([(seq, seq) for seq in taken])
    board.boot()  # and forgets what was acknowledged
    board.outbox.stamp(TIME_MS + 10**8)
    board.fill(3000)
    board.outbox.peek(20)
    assert board.outbox.depth()["thinned"] == 0
    board.fill(3400)
    assert board.outbox.depth()["thinned"] > 0
    for reading in board.waiting():
        first, last = span_of(reading)
        assert reading.windows == 1 or not taken & set(range(first, last + 1))


def test_a_file_that_cannot_be_read_is_said_to_be_lost_and_its_neighbours_arrive(board, capsys):
    board.outbox.stamp(TIME_MS)
    board.fill(700)
    files = sorted(os.listdir(board.folder))
    os.remove(board.folder + files[1])
    waiting, gaps = board.waiting(), board.outbox.gaps()
    lost = [n for gap in gaps for n in range(gap.from_seq, gap.to_seq + 1)]
    assert sorted(lost + [reading.seq for reading in waiting]) == [seq_of(BOOT, n) for n in range(1, 701)]
    assert "reading " + files[1] in capsys.readouterr().out


def test_a_flash_that_others_have_filled_gives_up_the_oldest_and_goes_on(board, monkeypatch):
    board.outbox.stamp(TIME_MS)
    board.fill(900)
    from firmware.terminal import blocks  # as it is loaded now: it comes and goes with the files

    write, full = blocks.write, []

    def refuse_once(path, mask, body=b""):
        if not full:
            full.append(path)
            raise OSError(28, "no space left on device")
        write(path, mask, body)

    monkeypatch.setattr(blocks, "write", refuse_once)
    board.fill(900)
    assert full
    lost = [n for gap in board.outbox.gaps() for n in range(gap.from_seq, gap.to_seq + 1)]
    assert lost and lost + [reading.seq for reading in board.waiting()] == [seq_of(BOOT, n) for n in range(1, 1801)]


def test_without_a_flash_memory_goes_on_and_says_what_it_loses(board, capsys):
    board.outbox.stamp(TIME_MS)
    shutil.rmtree(board.folder)
    board.fill(7)
    assert "flash takes nothing" in capsys.readouterr().out
    assert places(board.waiting()) == [(BOOT, n) for n in range(4, 8)]
    assert [(gap.from_seq & 0xFFFFFF, gap.to_seq & 0xFFFFFF) for gap in board.outbox.gaps()] == [(1, 3)]


@given(st.lists(st.sampled_from(["put", "put", "put", "take", "boot"]), max_size=120))
@settings(max_examples=60, deadline=None)
def test_every_number_arrives_unless_the_power_cut_took_it_from_memory(steps):
    with tempfile.TemporaryDirectory() as folder:
        board, put, arrived = Board(folder), set(), []
        board.outbox.stamp(TIME_MS)
        for step in steps:
            if step == "put":
                board.fill(1)
                put.add(seq_of(board.boot_no, board.n))
            elif step == "take":
                boot_no, records = board.outbox.peek(3)
                seqs = [reading.seq for reading in unpack_readings("ct-01", pack_readings(boot_no, records))]
                arrived += seqs
                board.outbox.drop([(seq, seq) for seq in seqs])
            else:
                in_memory = {seq_of(board.boot_no, n) for n in range(board.n - 3, board.n + 1)}
                put -= in_memory - set(arrived)
                board.boot()
                board.outbox.stamp(TIME_MS)
        arrived += [reading.seq for reading in board.waiting()]
        assert put <= set(arrived)
        assert board.outbox.gaps() == []
