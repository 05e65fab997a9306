"""One file for a whole board: MicroPython and, behind it, a file system with application, keys and identity.

A Pico takes it as UF2, an ESP32 as one image at the base image's offset. The file system is littlefs as MicroPython
mounts it: on-disk version 2.0, blocks of 4096 bytes, the board's own program size.
"""

import struct

from littlefs import LittleFS, LittleFSError

from flasher import uf2
from flasher.errors import ImageRefused, WrongBoard

BLOCK = 4096
DISK_VERSION = 0x00020000  # as every MicroPython mounts it; a newer one raises it when it first writes
NEWEST_VERSION = 0x00020001
READ, LOOKAHEAD = 32, 32  # MicroPython's defaults; its cache is four times the larger of read and program size
TABLE_AT = 0x8000  # of the flash: where an ESP32 keeps its partition table
ENTRY = struct.Struct("<2sBBII16sI")


def filesystem(files, size, prog):
    """The bytes of a file system of `size` with {path: bytes}. Raises ImageRefused when they do not fit."""
    system = volume(size, prog)
    system.format()
    system.mount()
    try:
        for path in sorted(files):
            folder = path.rpartition("/")[0]
            if folder:
                system.makedirs(folder, exist_ok=True)
            with system.open(path, "wb") as out:
                out.write(files[path])
    except LittleFSError as error:
        raise ImageRefused(f"the files do not fit into {size} bytes of file system ({error})") from error
    return bytes(system.context.buffer)


def contents(image, prog):
    """{path: bytes} of a file system's image. Raises ImageRefused when it is none."""
    system = volume(len(image), prog, NEWEST_VERSION)
    system.context.buffer = bytearray(image)
    try:
        system.mount()
        found = {}
        for folder, _folders, names in system.walk("/"):
            for name in names:
                path = f"{folder.rstrip('/')}/{name}"
                with system.open(path, "rb") as file:
                    found[path.lstrip("/")] = file.read()
    except LittleFSError as error:
        raise ImageRefused(f"there is no file system in the image ({error}); merge it anew") from error
    return found


def volume(size, prog, version=DISK_VERSION):
    """An empty littlefs of `size` bytes as MicroPython makes it, neither formatted nor mounted yet."""
    return LittleFS(
        mount=False,
        block_size=BLOCK,
        block_count=size // BLOCK,
        read_size=READ,
        prog_size=prog,
        cache_size=4 * max(READ, prog),
        lookahead_size=LOOKAHEAD,
        disk_version=version,
    )


def merged(base, files, board):
    """The one file of a board: `base` as listed for it, and behind it `files`. Raises ImageRefused, WrongBoard."""
    at, size = place(base, board)
    system = filesystem(files, size, board.flash["filesystem_prog"])
    used = [i for i in range(0, size, BLOCK) if system[i : i + BLOCK] != b"\xff" * BLOCK]
    if board.flash["method"] == "uf2":
        more = [
            uf2.Block(uf2.FLASH_AT + at + i + j, system[i + j : i + j + uf2.PAYLOAD], int(board.flash["family"], 16))
            for i in used
            for j in range(0, BLOCK, uf2.PAYLOAD)
        ]
        return uf2.packed([*uf2.check(base, board), *more])
    gap = at - board.flash["offset"] - len(base)
    return base + b"\xff" * gap + system[: used[-1] + BLOCK]


def place(base, board):
    """(where in the flash the file system begins, its size). Raises ImageRefused when there is no room for it."""
    if board.flash["method"] == "uf2":
        at, size = board.flash["filesystem_offset"], board.filesystem_bytes
        end = max(block.address for block in uf2.check(base, board) if block.family != uf2.WORKAROUND)
        if end + uf2.PAYLOAD > uf2.FLASH_AT + at:
            raise ImageRefused(f"the base image reaches {end - uf2.FLASH_AT:#x}, the file system begins at {at:#x}")
        return at, size
    at, size, _named = _partition(base, board)
    if at < board.flash["offset"] + len(base) or size < 2 * BLOCK or at + size > board.flash_bytes:
        raise ImageRefused(f"the base image leaves {size} bytes at {at:#x} for a file system: take another base image")
    return at, size


def check_flash(content, board, flash_bytes):
    """Refuse a merged image for a chip whose flash is not as large as its file system counts on. Raises WrongBoard."""
    at, _size, named = _partition(content, board)
    if not named and flash_bytes != board.flash_bytes:
        raise WrongBoard(
            f"the merged image is for a flash of {board.flash_bytes} bytes, this one has {flash_bytes}: its file "
            f"system would reach from {at:#x} to another end; nothing was written; take `flash`, then `provision`"
        )


def _partition(base, board):
    """(start, size, whether the table names it) of the file system; unnamed it is all behind the last partition."""
    offset = board.flash["offset"]
    end, at = 0, TABLE_AT - offset
    while base[at : at + 2] == b"\xaa\x50":
        _magic, kind, _subkind, start, size, name, _flags = ENTRY.unpack_from(base, at)
        if kind == 1 and name.rstrip(b"\0") == b"vfs":
            return start, size, True
        end, at = max(end, start + size), at + ENTRY.size
    if not end:
        raise ImageRefused(f"the base image has no partition table at {TABLE_AT:#x}; take the board's whole .bin")
    return end, board.flash_bytes - end, False


def opened(content, board):
    """{path: bytes} of the file system in a merged file, which is for this board. Raises ImageRefused, WrongBoard."""
    if board.flash["method"] == "uf2":
        at, size = board.flash["filesystem_offset"], board.filesystem_bytes
        system = bytearray(b"\xff" * size)
        for block in uf2.check(content, board):
            where = block.address - uf2.FLASH_AT - at
            if block.family != uf2.WORKAROUND and 0 <= where < size:
                system[where : where + len(block.payload)] = block.payload
    else:
        at, size, _named = _partition(content, board)
        system = content[at - board.flash["offset"] :][:size].ljust(size, b"\xff")
    files = contents(bytes(system), board.flash["filesystem_prog"])
    if files.get("board") != board.id.encode():
        raise WrongBoard(f"the merged file is for {files.get('board', b'no board').decode()}, not for a {board.name}")
    return files
