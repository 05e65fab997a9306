"""Runs on MicroPython: a program imported from one signed image on littlefs, and images that cannot be mounted."""

import os
import struct
import sys

import vfs

from firmware.terminal.packed import opened
from tests.fakes.flash import Flash

LONG = "x = %r\n" % ("long " * 2000)
FILES = (
    ("firmware/terminal/planted.py", "from planted_lib import word\nnumber = 1\n"),
    ("firmware/terminal/planted_too.py", LONG),
    ("lib/planted_lib.py", "word = 'from the library'\n"),
)


def image(files=FILES):
    """An image as firmware/protocol/image.py says it; packed.py does not look at hashes and signatures."""
    head = b"GANTRYIMG1" + b"\x06pico_w" + b"\x01\x04\x02" + struct.pack(">HH", 1, len(files))
    for path, text in files:
        head += bytes((len(path),)) + path.encode() + struct.pack(">I", len(text)) + b"\n" * 32
    return head + b"\x02" + b"s" * 784 + b"".join([text.encode() for _path, text in files])


def written(data):
    """A fresh flash with these bytes as /flash/a.img."""
    vfs.VfsLfs2.mkfs(flash := Flash(24))
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    with open("/flash/a.img", "wb") as file:
        file.write(data)


def test_a_program_and_its_library_are_imported_from_one_file():
    """As the boot part does it; source comes whole, bytecode in pieces."""
    written(image())
    vfs.mount(opened("/flash/a.img"), "/a")
    own, sys.path[:] = sys.path[:], ["/a", "/a/lib"]
    known = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("firmware")}
    try:
        from firmware.terminal import planted, planted_too

        assert planted.number == 1 and planted.word == "from the library"
        assert planted_too.x == "long " * 2000 and planted_too.__file__ == "/a/firmware/terminal/planted_too.py"
        try:
            from firmware.terminal import plant

            raise AssertionError(plant)
        except ImportError:
            pass
    finally:
        sys.path[:] = own
        sys.modules.update(known)
    vfs.umount("/flash")


def test_only_whole_names_are_there_and_a_body_ends_where_it_ends():
    """A part of a name is no name; folders are told from files."""
    written(image())
    packed = opened("/flash/a.img")
    for path, text in FILES:
        assert packed.stat("/" + path)[0] == 0x8000 and packed.stat("/" + path)[6] == len(text)
        assert packed.open("/" + path, "rb").read() == text.encode(), path
    for folder in ("/", "/firmware", "/firmware/terminal", "/lib"):
        assert packed.stat(folder)[0] == 0x4000, folder
    for path in ("/firmware/terminal/planted", "/terminal/planted.py", "/lib/planted", "/planted_lib.py", "/li", "/a"):
        for ask in (packed.stat, lambda where: packed.open(where, "rb")):
            try:
                raise AssertionError((path, ask(path)))
            except OSError as error:
                assert error.errno == 2, error
    vfs.umount("/flash")


def test_an_image_that_is_missing_cut_or_none_is_named():
    """Cut anywhere, one byte too long, empty: nothing half is ever mounted."""
    whole = image((FILES[0], FILES[2]))
    written(whole)
    for data in [whole[:at] for at in range(len(whole))] + [whole + b"x", b"\xff" * 200]:
        with open("/flash/a.img", "wb") as file:
            file.write(data)
        try:
            raise AssertionError((len(data), opened("/flash/a.img")))
        except ValueError as error:
            assert "/flash/a.img" in str(error), error
    os.remove("/flash/a.img")
    try:
        raise AssertionError(opened("/flash/a.img"))
    except ValueError as error:
        assert "/flash/a.img cannot be read" in str(error), error
    vfs.umount("/flash")


for name in sorted(globals()):
    if name.startswith("test_"):
        globals()[name]()
        print("passed", name)
