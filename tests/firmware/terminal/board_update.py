"""Runs on MicroPython: an update onto littlefs, with the power cut at every erase and program in turn."""

import json

import vfs

from firmware.protocol import image
from firmware.protocol.errors import ImageError
from firmware.terminal import slots, update
from firmware.terminal.update import Update
from tests.fakes.flash import Flash, PowerCut

with open("tests/vectors/update.json") as file:
    VECTORS = {name: bytes.fromhex(text) for name, text in json.load(file).items()}
IMAGE = VECTORS["image"]
HEAD_SIZE = int.from_bytes(VECTORS["head_size"], "big")
IMAGE_ID = VECTORS["image_id"]
PIECE = 700


def fresh():
    """A flash with key list and state as the flasher leaves them."""
    flash = Flash(24)
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    with open("/flash/keys.bin", "wb") as out:
        out.write(VECTORS["key_list"])
    slots.write(dict(slots.FIRST), "/flash/")
    return flash


def install():
    """Take the image from wherever it stands to the end."""
    one = Update("/flash/", "pico_w", 1, IMAGE_ID, len(IMAGE), HEAD_SIZE)
    while one.wanted() is not None:
        at = one.wanted()
        one.take(at, IMAGE[at : at + PIECE])
    one.finish()


def again(flash):
    """Power is back: the file system as it is now."""
    vfs.umount("/flash")
    vfs.mount(vfs.VfsLfs2(flash.after_cut()), "/flash")


def check_whole():
    """The trial slot holds exactly the image, and the state lets it start."""
    state = slots.read("/flash/")
    assert (state["active"], state["trial"], state["tries"]) == ("a", "b", 0), state
    at = HEAD_SIZE
    for one in image.unpack_manifest(IMAGE)[0].files:
        with open("/flash/b/" + one.path, "rb") as stored:
            assert stored.read() == IMAGE[at : at + one.size], one.path
        at += one.size


def test_power_cut_at_every_flash_operation():
    """After each cut the state is old or new, never neither, and the update goes on to the end."""
    flash = fresh()
    before = flash.operations
    install()
    operations = flash.operations - before
    check_whole()
    vfs.umount("/flash")
    for cut in range(operations):
        flash = fresh()
        flash.cut_after(cut, torn=cut % 2 == 1)
        try:
            install()
            raise AssertionError(f"operation {cut} was not cut")
        except (PowerCut, OSError):
            again(flash)
        state = slots.read("/flash/")
        assert "lost" not in state and state["active"] == "a" and state["trial"] in (None, "b"), state
        if state["trial"] is None:
            install()
        check_whole()
        vfs.umount("/flash")
    print("cut at", operations, "operations")


def refused(code, *changes):
    """An update that must be refused leaves the running slot and the state as they were."""
    fresh()
    values = {"image": IMAGE, "image_id": IMAGE_ID, "board": "pico_w", "floor": [0, 0, 0]}
    values.update(dict(changes))
    state = dict(slots.FIRST)
    state["floor"] = values["floor"]
    slots.write(state, "/flash/")
    try:
        one = Update("/flash/", values["board"], 1, values["image_id"], len(values["image"]), HEAD_SIZE)
        for _ in range(1000):
            at = one.wanted()
            if at is None:
                break
            one.take(at, values["image"][at : at + PIECE])
        one.finish()
        raise AssertionError("not refused: " + code)
    except ImageError as error:
        assert error.code == code, (error.code, code)
    assert slots.read("/flash/")["trial"] is None
    vfs.umount("/flash")


def test_a_bad_image_is_refused():
    """Tampered, foreign, old, too short: each by its name."""
    changed = bytearray(IMAGE)
    changed[-1] ^= 1
    refused("image_hash", ("image", bytes(changed)))
    changed = bytearray(IMAGE)
    changed[30] ^= 1
    refused("image_hash", ("image", bytes(changed)))
    refused("image_board", ("board", "esp32"))
    refused("image_old", ("floor", [9, 0, 0]))
    refused("image_signature", ("image", VECTORS["foreign"]), ("image_id", VECTORS["foreign_id"]))
    refused("image_format", ("image", IMAGE[:-1]))
    refused("image_format", ("image", IMAGE[: HEAD_SIZE - 1]))


def test_a_damaged_file_is_asked_for_again():
    """A bit that flips between writing and reading back costs one file, not the update."""
    fresh()
    one = Update("/flash/", "pico_w", 1, IMAGE_ID, len(IMAGE), HEAD_SIZE)
    while one.wanted() is not None:
        one.take(one.wanted(), IMAGE[one.wanted() : one.wanted() + PIECE])
    path = "/flash/b/" + image.unpack_manifest(IMAGE)[0].files[1].path
    with open(path, "r+b") as damaged:
        damaged.write(b"\x00")
    try:
        one.finish()
        raise AssertionError("not seen")
    except ImageError as error:
        assert error.code == "image_hash"
    assert update.size_of(path) == 0
    while one.wanted() is not None:
        one.take(one.wanted(), IMAGE[one.wanted() : one.wanted() + PIECE])
    one.finish()
    check_whole()
    vfs.umount("/flash")


def test_keys_change_whole_or_not_at_all():
    """A newer list with two signatures is taken; cut at any operation it is the old or the new one."""
    for cut in range(12):
        flash = fresh()
        flash.cut_after(cut)
        try:
            update.change_keys("/flash/", VECTORS["next_key_list"])
        except (PowerCut, OSError):
            again(flash)
        assert update.trusted("/flash/").serial in (1, 2)
        vfs.umount("/flash")


for name in sorted(globals()):
    if name.startswith("test_"):
        globals()[name]()
        print("passed", name)
