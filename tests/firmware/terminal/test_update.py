"""An update onto a real littlefs under a real MicroPython: cut, bad, damaged, never half."""

from tests.firmware.terminal.littlefs import passed_on_micropython


def test_an_update_survives_a_power_cut_at_every_flash_operation_and_refuses_what_is_bad():
    assert "cut at" in passed_on_micropython("board_update.py")
