"""A slot that is one file, imported from under a real MicroPython with a real littlefs."""

from tests.firmware.terminal.littlefs import passed_on_micropython


def test_a_program_is_imported_from_one_image_and_a_damaged_one_is_named():
    passed_on_micropython("board_packed.py")
