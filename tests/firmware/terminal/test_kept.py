"""What a terminal keeps beside its readings: a power cut leaves the old or the new, whenever it comes."""

from tests.firmware.terminal.littlefs import passed_on_micropython


def test_settings_commands_and_boot_number_survive_a_power_cut_at_every_flash_operation():
    print(passed_on_micropython("board_state.py"))
