"""What goes onto a board is one proved image, twice, with the boot part beside it; anything else is refused.

All of it leaves the room a Pico W needs for the readings it is to keep.
"""

import json

import pytest

from firmware.protocol.message import MAX_CHUNK
from firmware.terminal import slots
from flasher import build, furnish, merge
from flasher.board import boards
from flasher.errors import ImageRefused, WrongBoard
from tests.fakes.slots import NEW, OLD, files, furnished, image_of, key_list

A_DAY = 79  # files of the outbox that hold 24 h of 10 s windows of seven channels
SPARE = 8  # blocks littlefs must have to replace files while the outbox is full


@pytest.fixture(scope="module")
def flash():
    """{path: bytes} of a simulated board without an identity."""
    return furnished("simulated", image_of(OLD)[1], key_list(), {})


def test_slot_a_and_safe_are_the_image_itself_and_the_boot_part_stands_beside_them(flash):
    assert flash["a.img"] == flash["safe.img"] == image_of(OLD)[1]
    boot = {f"firmware/terminal/{name}.mpy" for name in ("boot", "packed", "slots")}
    assert set(flash) == {"main.py", "board", "pins.json", "keys.bin", "slots.json", "a.img", "safe.img", *boot}
    assert [path for path, _content in files(OLD) if path in boot] == ["firmware/terminal/slots.mpy"]


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


def test_a_full_outbox_both_slots_and_safe_have_room_on_a_pico_w_while_an_update_comes():
    board = boards()["pico_w"]
    said = json.loads((build.ROOT / "boards/pico_w/board.json").read_text())
    own = {"identity.json": 2000, "ca.der": 1200, "settings.json": 200, "commands.json": 900, "boot_no": 7}
    flash = furnished("pico_w", image_of(OLD, board="pico_w")[1], key_list(), {n: bytes(own[n]) for n in own})
    flash["b.img"] = flash["a.img"]
    count = said["outbox_bytes"] // merge.BLOCK
    segments = {f"outbox/{3_100_001:08x}{number:06x}.seg": bytes(merge.BLOCK) for number in range(count)}
    system = merge.volume(board.filesystem_bytes, board.flash["filesystem_prog"])
    system.format()
    system.mount()
    system.makedirs("firmware/terminal")
    system.mkdir("outbox")

    def write(path, content, mode="wb"):
        with system.open(path, mode) as file:
            file.write(content)

    for path, content in {**flash, **segments}.items():
        write(path, content)
    head, whole = image_of(NEW, board="pico_w")
    write("b.img", head)
    for at in range(len(head), len(whole), MAX_CHUNK):
        write("b.img", whole[at : at + MAX_CHUNK], "ab")
    with system.open("b.img", "rb") as file:
        assert file.read() == whole
    free = system.block_count - system.used_block_count
    print(f"{len(flash)} files, {len(whole)} bytes a slot, {len(segments)} files of outbox, {free} blocks free")
    assert len(segments) >= A_DAY and len(flash) <= 16 and free >= SPARE


def test_a_board_knows_its_led_and_its_button_before_it_has_an_identity(flash):
    assert flash["pins.json"] == b'{"led": null, "safe_pin": null, "boot": 1}'
    assert furnish.pins_at_start("esp32") == {"led": 2, "safe_pin": 0}
    assert furnish.pins_at_start("pico_w") == {"led": "LED", "safe_pin": None}
