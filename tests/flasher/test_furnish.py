"""What goes onto a board is one proved image, twice, with the boot part beside it; anything else is refused."""

import pytest

from firmware.terminal import slots
from flasher import furnish
from flasher.errors import ImageRefused, WrongBoard
from tests.fakes.slots import OLD, files, furnished, image_of, key_list


@pytest.fixture(scope="module")
def flash():
    """{path: bytes} of a simulated board without an identity."""
    return furnished("simulated", image_of(OLD)[1], key_list(), {})


def test_slot_a_and_safe_hold_the_same_program_and_only_safe_the_boot_part(flash):
    for path, content in files(OLD):
        assert flash[f"a/{path}"] == flash[f"safe/{path}"] == content
    assert "safe/firmware/terminal/boot.mpy" in flash and "a/firmware/terminal/boot.mpy" not in flash
    assert flash["a/head.bin"] == image_of(OLD)[0]


def test_a_fresh_board_starts_from_the_state_the_boot_part_knows(flash, tmp_path):
    assert furnish.first_state() == slots.FIRST
    (tmp_path / slots.STATE).write_bytes(flash[slots.STATE])
    assert slots.read(f"{tmp_path}/") == slots.FIRST


def test_what_is_the_terminals_own_stands_beside(flash):
    own = {"identity.json": b"{}", "ca.der": b"ca"}
    assert furnished("simulated", image_of(OLD)[1], key_list(), own) == {**flash, **own}


def test_a_changed_byte_anywhere_in_an_image_is_refused():
    whole = image_of(OLD)[1]
    for at in (0, 40, 700, len(whole) // 2, len(whole) - 1):
        spoiled = whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :]
        with pytest.raises(ImageRefused):
            furnished("simulated", spoiled, key_list(), {})
    for cut in (whole[:-1], whole + b"x", whole[:50], b""):
        with pytest.raises(ImageRefused):
            furnished("simulated", cut, key_list(), {})


def test_an_image_of_a_stranger_or_for_another_board_is_refused():
    with pytest.raises(ImageRefused, match="none of the keys"):
        furnished("simulated", image_of(OLD, key=2)[1], key_list(), {})
    with pytest.raises(WrongBoard, match="for pico_w, the board is simulated"):
        furnished("simulated", image_of(OLD, board="pico_w")[1], key_list(), {})
    with pytest.raises(ImageRefused, match="damaged"):
        furnished("simulated", image_of(OLD)[1], key_list()[:20], {})
