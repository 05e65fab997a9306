"""The outbox's files on the flash: what a power cut leaves, what an outage costs, how long one may be."""

import json
from pathlib import Path

import pytest

from firmware.protocol.frame import Reading, pack_readings, pack_record, seq_of
from firmware.protocol.received import span_of, unpack_readings
from firmware.terminal.blocks import BLOCK, HEAD, size_of
from firmware.terminal.segments import Segments
from tests.firmware.terminal.littlefs import passed_on_micropython

ROOT = Path(__file__).parents[3]
WINDOW_S, DAY, THREE_DAYS = 10, 8640, 25920  # windows
NAMES = ("temperature_c", "humidity_pct", "current_a", "current_min_a", "current_max_a", "current_rms_a", "charge_as")
RECORD = size_of(0b1111111)


def outbox_bytes(board):
    """What a board's outbox may take of its flash."""
    return json.loads((ROOT / "boards" / board / "board.json").read_text())["outbox_bytes"]


def test_kept_records_survive_a_power_cut_at_every_flash_operation_and_a_day_offline_is_easy_on_the_flash():
    said = passed_on_micropython("board_segments.py")
    print(said)


@pytest.mark.parametrize("board", ["pico2_w", "esp32", "esp32s3"])
def test_three_days_offline_wait_in_full(board):
    in_full = outbox_bytes(board) // BLOCK * ((BLOCK - HEAD) // RECORD)
    assert in_full >= THREE_DAYS, f"{in_full * WINDOW_S / 3600:.1f} h"


def test_three_days_offline_wait_on_a_pico_w_the_newest_in_full_the_older_by_the_minute(tmp_path):
    segments, boot_no = Segments(f"{tmp_path}/outbox/", outbox_bytes("pico_w")), 3_100_000
    values = dict.fromkeys(NAMES, 1.0)
    for first in range(1, 2 * THREE_DAYS, 16):
        numbers = range(first, first + 16)
        records = [Reading("-", 10_000 * n, seq_of(boot_no, n), values, 0, 1) for n in numbers]
        segments.append(boot_no, [pack_record(one) for one in records])
        if first % 1600 != 1 or first < DAY:
            continue
        found = []
        for at in range(len(segments)):
            _boot_no, records = segments.read(segments.oldest(at))
            found += unpack_readings("-", pack_readings(boot_no, records))
        spans = [span_of(one) for one in found]
        assert all(before[1] + 1 == after[0] for before, after in zip(spans, spans[1:], strict=False))
        kept = spans[-1][1] - spans[0][0] + 1
        assert kept >= min(numbers[-1], THREE_DAYS), f"{kept * WINDOW_S / 3600:.1f} h after {numbers[-1]} windows"
        assert {one.windows for one in found[-DAY:]} == {1}
        assert {one.windows for one in found[:-DAY]} <= set(range(1, 7))
    assert segments.lost and segments.thinned
