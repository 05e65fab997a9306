"""A UF2 file reaches only the board it is for, whole; a drive that vanishes at the end is success, sooner it is not."""

import random
import struct

import pytest

from flasher import uf2
from flasher.board import boards
from flasher.errors import ImageRefused, NoBoard, PortLost, VerifyFailed, WrongBoard
from tests.fakes.uf2_drive import Drive, Pico

PICO, PICO2 = boards()["pico_w"], boards()["pico2_w"]
CUTS = 40


def firmware(family=0xE48BFF56, size=96 * 1024, seed=3):
    """(a UF2 file, what is in the flash afterwards) of made-up firmware."""
    body = random.Random(seed).randbytes(size)
    places = range(0, size, uf2.PAYLOAD)
    found = [uf2.Block(uf2.FLASH_AT + at, body[at : at + uf2.PAYLOAD], family) for at in places]
    return uf2.packed(found), body


def quiet(done, total):
    """Nobody looks."""


def test_a_file_arrives_whole_and_the_vanishing_drive_is_success(tmp_path):
    (content, body), pico, heard = firmware(), Pico(), []
    with Drive(pico, tmp_path / "RPI-RP2") as drive:
        uf2.copy(content, drive.folder, PICO, lambda *at: heard.append(at))
    assert pico.flash[: len(body)] == body and pico.starts == 1
    assert heard[-1] == (len(content), len(content))


def test_blocks_survive_being_taken_apart_and_put_together():
    content, _body = firmware()
    assert uf2.packed(uf2.blocks(content)) == content
    front = uf2.Block(0x10FFFF00, b"\xef" * 256, uf2.WORKAROUND)
    both = uf2.packed([front, *uf2.blocks(firmware(0xE48BFF59)[0])])
    assert uf2.check(both, PICO2)[0] == front


def test_another_family_or_another_board_is_refused_before_a_byte_is_written(tmp_path):
    for content, name, match in (
        (firmware(0xE48BFF59)[0], "RPI-RP2", "is for family 0xe48bff59"),
        (firmware()[0], "RP2350", "calls itself RP2350"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / uf2.INFO).write_text(f"Board-ID: {name}\n")
        with pytest.raises(WrongBoard, match=match):
            uf2.copy(content, folder, PICO, quiet)
        assert [path.name for path in folder.iterdir()] == [uf2.INFO]


@pytest.mark.parametrize("at,value", [(0, 0), (4, 0), (8, 0), (16, 128), (20, 7), (24, 3), (508, 0)])
def test_a_damaged_block_is_refused(at, value):
    content = bytearray(firmware()[0])
    struct.pack_into("<I", content, 5 * uf2.BLOCK + at, value)
    with pytest.raises(ImageRefused):
        uf2.blocks(bytes(content))


def test_a_cut_file_is_refused():
    content, _body = firmware()
    for cut in (b"", content[:-1], content[: -uf2.BLOCK], content[uf2.BLOCK :]):
        with pytest.raises(ImageRefused):
            uf2.blocks(cut)


def test_a_folder_that_is_no_drive_asks_for_the_button(tmp_path):
    with pytest.raises(NoBoard, match="hold BOOTSEL"):
        uf2.copy(firmware()[0], tmp_path, PICO, quiet)


def test_a_drive_that_stays_has_ignored_the_file(tmp_path):
    (tmp_path / uf2.INFO).write_text("Board-ID: RPI-RP2\n")
    with pytest.raises(VerifyFailed, match="did not restart"):
        uf2.copy(firmware()[0], tmp_path, PICO, quiet, restart_s=0.1)


def test_a_cable_pulled_at_random_points_costs_nothing_but_a_second_run(tmp_path):
    (content, body), chance = firmware(), random.Random(5)
    limit = len(content) - 192 * uf2.BLOCK  # what a pipe holds may be gone before the pull is noticed
    for cut in chance.sample(range(1, limit), CUTS):
        pico, folder = Pico(), tmp_path / str(cut)
        with Drive(pico, folder, cut_after=cut) as drive, pytest.raises(PortLost, match="run it again"):
            uf2.copy(content, drive.folder, PICO, quiet)
        assert not pico.starts
        with Drive(pico, folder) as drive:
            uf2.copy(content, drive.folder, PICO, quiet)
        assert pico.flash[: len(body)] == body and pico.starts == 1, f"cut after {cut}"
