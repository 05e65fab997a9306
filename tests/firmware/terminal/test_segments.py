"""The outbox's files on a real littlefs under a real MicroPython: cut, full, damaged, and easy on the flash."""

import re

from tests.firmware.terminal.littlefs import passed_on_micropython


def test_kept_records_survive_a_power_cut_at_every_flash_operation_and_a_day_offline_is_easy_on_the_flash():
    said = passed_on_micropython("board_segments.py")
    assert "cut at" in said
    assert int(re.search(r"erases per day (\d+)", said)[1]) < 1000
