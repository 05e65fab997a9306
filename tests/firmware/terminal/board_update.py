"""Runs on MicroPython: an update onto littlefs, with the power cut at every erase and program in turn."""

import json
import os

import vfs

from firmware.protocol.image import ImageError
from firmware.terminal import slots, update
from firmware.terminal.update import Update
from tests.fakes.flash import Flash, PowerCut

with open("tests/vectors/update.json") as file:
    VECTORS = {name: bytes.fromhex(text) for name, text in json.load(file).items()}
IMAGE = VECTORS["image"]
HEAD_SIZE = int.from_bytes(VECTORS["head_size"], "big")
IMAGE_ID = VECTORS["image_id"]
PIECE = 700
OTHER = b"the image of before" * 100


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
    assert (state["active"], state["trial"], state["tries"], state["bad"]) == ("a", "b", 0, []), state
    assert stored() == IMAGE


def stored():
    """The bytes of the spare slot's file, or None."""
    try:
        with open("/flash/b.img", "rb") as file:
            return file.read()
    except OSError:
        return None


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
            assert stored() is None or state["bad"] == ["b"], state
            install()
        check_whole()
        vfs.umount("/flash")
    print("cut at", operations, "operations")


def refused(code, *changes, left=OTHER):
    """An update that must be refused leaves the state as it was, and in the spare slot `left`."""
    fresh()
    with open("/flash/b.img", "wb") as out:
        out.write(OTHER)
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
    assert slots.read("/flash/")["trial"] is None and stored() == left
    vfs.umount("/flash")


def test_a_bad_image_is_refused():
    """Tampered, foreign, old, too short: each by its name; without a right head what was in the slot stays."""
    changed = bytearray(IMAGE)
    changed[-1] ^= 1
    refused("image_hash", ("image", bytes(changed)), left=None)
    changed = bytearray(IMAGE)
    changed[30] ^= 1
    refused("image_hash", ("image", bytes(changed)))
    refused("image_board", ("board", "esp32"))
    refused("image_old", ("floor", [9, 0, 0]))
    refused("image_signature", ("image", VECTORS["foreign"]), ("image_id", VECTORS["foreign_id"]))
    refused("image_format", ("image", IMAGE[:-1]))
    refused("image_format", ("image", IMAGE[: HEAD_SIZE - 1]))


def test_a_damaged_image_is_asked_for_again():
    """A bit that flips between writing and reading back, in the head or a file, costs the transfer, not the slot."""
    for at in (40, HEAD_SIZE + 500, len(IMAGE) - 1):
        fresh()
        one = Update("/flash/", "pico_w", 1, IMAGE_ID, len(IMAGE), HEAD_SIZE)
        while one.wanted() is not None:
            one.take(one.wanted(), IMAGE[one.wanted() : one.wanted() + PIECE])
        with open("/flash/b.img", "r+b") as damaged:
            damaged.seek(at)
            damaged.write(bytes((IMAGE[at] ^ 1,)))
        try:
            one.finish()
            raise AssertionError("not seen")
        except ImageError as error:
            assert error.code == "image_hash"
        assert stored() is None and slots.read("/flash/")["trial"] is None
        assert one.wanted() == 0 and one.left(0) == HEAD_SIZE
        while one.wanted() is not None:
            one.take(one.wanted(), IMAGE[one.wanted() : one.wanted() + PIECE])
        one.finish()
        check_whole()
        vfs.umount("/flash")


def test_nothing_is_on_the_flash_before_the_head_is_whole_and_a_cut_update_goes_on_where_it_was():
    """Pieces out of turn or too long are cut to what is wanted; another image begins anew."""
    fresh()
    one = Update("/flash/", "pico_w", 1, IMAGE_ID, len(IMAGE), HEAD_SIZE)
    one.take(5, IMAGE[5:100])
    assert one.wanted() == 0
    one.take(0, IMAGE[: HEAD_SIZE - 1])
    assert one.wanted() == HEAD_SIZE - 1 and stored() is None
    one.take(HEAD_SIZE - 1, IMAGE[HEAD_SIZE - 1 : HEAD_SIZE + 50])
    assert one.wanted() == HEAD_SIZE and stored() == IMAGE[:HEAD_SIZE]
    assert slots.read("/flash/")["bad"] == ["b"]
    one.take(HEAD_SIZE, IMAGE[HEAD_SIZE : HEAD_SIZE + 50])
    again_here = Update("/flash/", "pico_w", 1, IMAGE_ID, len(IMAGE), HEAD_SIZE)
    assert again_here.wanted() == HEAD_SIZE + 50 and again_here.left(HEAD_SIZE + 50) == len(IMAGE) - HEAD_SIZE - 50
    other = Update("/flash/", "pico_w", 1, VECTORS["foreign_id"], len(IMAGE), HEAD_SIZE)
    assert other.wanted() == 0
    vfs.umount("/flash")


def test_an_image_that_finds_no_room_gives_back_what_it_took_and_comes_when_there_is_room():
    """Whatever room there is: the old slot and its state stay, nothing half is started, readings have room again."""
    begun = []
    for left in range(2, 10):
        fresh()
        with open("/flash/filler", "wb") as out:
            out.write(bytes(4096 * (os.statvfs("/flash")[3] - left)))
        before = os.statvfs("/flash")[3]
        try:
            install()
            check_whole()
            vfs.umount("/flash")
            break
        except OSError as error:
            assert error.errno == 28, error
        state = slots.read("/flash/")
        assert (state["active"], state["trial"]) == ("a", None) and not stored(), state
        assert os.statvfs("/flash")[3] >= before - 1, left
        begun.append(state["bad"])
        os.remove("/flash/filler")
        install()
        check_whole()
        vfs.umount("/flash")
    assert ["b"] in begun and left < 9, begun
    print("no room", len(begun), "times")


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
