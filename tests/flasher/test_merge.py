"""One file holds base and file system; MicroPython mounts it and starts the boot part that is in it."""

import random
import struct

import pytest
from click.testing import CliRunner

from flasher import bench, images, merge, uf2
from flasher.__main__ import main
from flasher.board import boards
from flasher.errors import ImageRefused, WrongBoard
from tests.fakes import micropython
from tests.fakes.esp_rom import Cable, Chip
from tests.fakes.slots import OLD, furnished, image_of, key_list
from tests.fakes.uf2_drive import Drive, Pico
from tests.flasher.test_uf2 import firmware

OWN = {"identity.json": b'{"schema": 1}', "ca.der": b"ca"}


BEHIND = ((1, 2, 0x9000, 0x6000, b"nvs"), (0, 0, 0x10000, 0x1F0000, b"factory"))  # newer MicroPython: no vfs in it


def base_of(board, partitions=BEHIND):
    """Made-up MicroPython for a board: what its loader looks at is right, the rest is noise."""
    if board.flash["method"] == "uf2":
        return firmware(int(board.flash["family"], 16))[0]
    table = b"".join(
        struct.pack("<2sBBII16sI", b"\xaa\x50", kind, sub, at, size, name, 0)
        for kind, sub, at, size, name in partitions
    )
    body = bytearray(random.Random(1).randbytes(0x20000))
    at = merge.TABLE_AT - board.flash["offset"]
    body[at : at + 0x1000] = table.ljust(0x1000, b"\xff")
    return b"\xe9" + bytes(body[1:])


def files_of(board):
    """{path: bytes} of a furnished board with an identity."""
    return furnished(board.id, image_of(OLD, board=board.id)[1], key_list(), OWN)


@pytest.mark.parametrize("board", [board for board in boards().values() if board.flash], ids=lambda board: board.id)
def test_what_was_merged_is_read_back_whole_and_the_base_is_unchanged(board):
    base, files = base_of(board), files_of(board)
    whole = merge.merged(base, files, board)
    assert merge.opened(whole, board) == files and whole == merge.merged(base, files, board)
    if board.flash["method"] == "uf2":
        count = len(uf2.blocks(base))
        assert [b[:2] for b in uf2.blocks(whole)[:count]] == [b[:2] for b in uf2.blocks(base)]
    else:
        assert whole[: len(base)] == base and merge.place(base, board) == (0x200000, board.flash_bytes - 0x200000)


def test_an_esp32_whose_table_names_the_file_systems_partition_gets_it_there():
    esp32 = boards()["esp32"]
    base = base_of(esp32, (*BEHIND, (1, 0x81, 0x280000, 0x100000, b"vfs")))
    assert merge.place(base, esp32) == (0x280000, 0x100000)
    assert merge.opened(merge.merged(base, files_of(esp32), esp32), esp32) == files_of(esp32)
    with pytest.raises(ImageRefused, match="leaves 0 bytes"):
        merge.place(base_of(esp32, ((0, 0, 0x10000, 0x3F0000, b"factory"),)), esp32)


def test_a_merged_file_for_another_board_is_refused():
    pico, esp32 = boards()["pico_w"], boards()["esp32"]
    with pytest.raises(WrongBoard, match="is for pico2_w"):
        merge.opened(merge.merged(base_of(pico), {"board": b"pico2_w"}, pico), pico)
    with pytest.raises(ImageRefused, match="no file system"):
        merge.opened(base_of(pico), pico)
    with pytest.raises(ImageRefused, match="no partition table"):
        merge.merged(b"\xe9" + bytes(70000), {}, esp32)
    with pytest.raises(ImageRefused, match="do not fit"):
        merge.merged(base_of(pico), {"big": bytes(900000)}, pico)


START = """
sys.path[:0] = [""]
exec(open("main.py").read())
print("ran", sys.modules["firmware.terminal.main"].__file__)
"""


@pytest.mark.parametrize("board", ["pico_w", "esp32"])
def test_micropython_mounts_the_file_system_and_starts_the_boot_part_in_it(board, tmp_path):
    board = boards()[board]
    prog = board.flash["filesystem_prog"]
    dark = b'{"led": null, "safe_pin": null}'  # with an LED it would show for ever that it is unprovisioned
    files = {**files_of(board), "identity.json": b"{", "pins.json": dark}
    (tmp_path / "flash.img").write_bytes(merge.filesystem(files, board.filesystem_bytes, prog))
    said = micropython.run(micropython.with_flash_image(board.filesystem_bytes, prog) + START, tmp_path)
    assert "gantry boot slot a" in said and "unprovisioned: identity.json is damaged" in said
    assert "ran /a/firmware/terminal/main.mpy" in said


def test_the_command_merges_and_flash_writes_it_in_one_run(tmp_path, monkeypatch):
    monkeypatch.setenv("GANTRY_IMAGES", str(tmp_path / "images"))
    monkeypatch.setenv("GANTRY_JOURNAL", str(tmp_path / "journal.jsonl"))
    monkeypatch.setattr(bench, "LOOK_BACK_S", 0.1)
    own = tmp_path / "own"
    own.mkdir()
    for name, content in OWN.items():
        (own / name).write_bytes(content)
    (tmp_path / "keys.bin").write_bytes(key_list())
    for name in ("pico_w", "esp32"):
        board = boards()[name]
        (tmp_path / name).write_bytes(base_of(board))
        images.add(tmp_path / name, board, "1.28.0")
        (tmp_path / "slot.img").write_bytes(image_of(OLD, board=name)[1])
        words = ["merge", name, "--image", "slot.img", "--keys", "keys.bin", "--own", "own", "--out", f"{name}.one"]
        run(
            tmp_path, *[str(tmp_path / word) if (tmp_path / word).exists() and word != name else word for word in words]
        )
        assert (tmp_path / f"{name}.one").stat().st_mode & 0o077 == 0
    pico, chip = Pico(2 << 20), Chip()
    with Drive(pico, tmp_path / "RPI-RP2") as drive:
        run(tmp_path, "flash", "--board", "pico_w", "--drive", drive.folder, "--merged", tmp_path / "pico_w.one")
    with Cable(chip, tmp_path / "tty") as cable:
        run(tmp_path, "flash", "--board", "esp32", "--port", cable.port, "--merged", tmp_path / "esp32.one")
    for board, flash in (("pico_w", pico.flash), ("esp32", chip.flash)):
        board = boards()[board]
        at, size = merge.place(base_of(board), board)
        assert merge.contents(bytes(flash[at : at + size]), board.flash["filesystem_prog"]) == files_of(board)


def run(folder, *words):
    """Run a command that must end well, in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == 0, done.output
