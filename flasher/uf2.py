"""UF2: what a Pico's drive takes. Blocks of 512 bytes, each with its place, its number and the family it is for.

Source: the UF2 file format's published description; the boot ROM ignores a foreign family in silence, so we look first.
"""

import os
import struct
import time
from collections import namedtuple
from pathlib import Path

from flasher.errors import ImageRefused, NoBoard, PortLost, VerifyFailed, WrongBoard

BLOCK, PAYLOAD = 512, 256
MAGIC = (0x0A324655, 0x9E5D5157)
END = 0x0AB16F30
HAS_FAMILY = 0x2000
FLASH_AT = 0x10000000
HEAD = struct.Struct("<8I")
INFO = "INFO_UF2.TXT"
WORKAROUND = 0xE48BFF57  # "absolute": one block that images for the RP2350 carry in front

Block = namedtuple("Block", ("address", "payload", "family"))


def blocks(content):
    """The Blocks of a UF2 file, in their order. Raises ImageRefused on a cut, mixed or renumbered file."""
    if not content or len(content) % BLOCK:
        raise ImageRefused(f"a UF2 file has whole blocks of {BLOCK} bytes, this one has {len(content)} bytes")
    found, seen = [], {}
    for at in range(0, len(content), BLOCK):
        first, second, flags, address, size, number, count, family = HEAD.unpack_from(content, at)
        (end,) = struct.unpack_from("<I", content, at + BLOCK - 4)
        if (first, second) != MAGIC or end != END or not flags & HAS_FAMILY or size != PAYLOAD:
            raise ImageRefused(f"block {at // BLOCK} of the UF2 file is damaged; fetch the file anew")
        due = seen.get(family, 0)
        if family != WORKAROUND and (number != due or count <= number):
            raise ImageRefused(f"block {at // BLOCK} of the UF2 file has number {number}, due is {due}; fetch it anew")
        seen[family] = due + 1
        if family != WORKAROUND:
            seen["count"] = count
        found.append(Block(address, content[at + HEAD.size : at + HEAD.size + size], family))
    main = [block for block in found if block.family != WORKAROUND]
    if not main or len(main) != seen["count"]:
        raise ImageRefused(f"the UF2 file has {len(main)} of {seen.get('count', 0)} blocks; fetch it anew")
    return found


def packed(found):
    """The UF2 file of Blocks, numbered anew within each family; the RP2350's block in front stays as it was made."""
    counts = {}
    for block in found:
        counts[block.family] = counts.get(block.family, 0) + 1
    numbers, out = dict.fromkeys(counts, 0), []
    for block in found:
        count = 2 if block.family == WORKAROUND else counts[block.family]
        head = HEAD.pack(
            *MAGIC, HAS_FAMILY, block.address, len(block.payload), numbers[block.family], count, block.family
        )
        numbers[block.family] += 1
        out.append(head + block.payload.ljust(BLOCK - HEAD.size - 4, b"\0") + struct.pack("<I", END))
    return b"".join(out)


def check(content, board):
    """The Blocks of a file that is for this board. Raises ImageRefused, WrongBoard."""
    found = blocks(content)
    wanted = int(board.flash["family"], 16)
    strange = {block.family for block in found} - {wanted, WORKAROUND}
    if strange:
        raise WrongBoard(f"the UF2 file is for family {min(strange):#010x}, a {board.name} is {wanted:#010x}")
    return found


def info(drive):
    """What a drive's INFO_UF2.TXT calls its board ("RPI-RP2", "RP2350"). Raises NoBoard when it is no such drive."""
    try:
        text = (Path(drive) / INFO).read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise NoBoard(f"{drive} holds no {INFO}: hold BOOTSEL while you plug the board in, run it again") from error
    named = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("Board-ID:")]
    if not named:
        raise NoBoard(f"{drive}/{INFO} names no Board-ID: this is not a Pico's drive")
    return named[0]


def copy(content, drive, board, progress, restart_s=20):
    """Write a UF2 file onto a drive, after both were looked at. `progress(done, total)` in bytes.

    The board restarts when the last block is there and its drive vanishes: that is success. A drive that vanishes
    sooner is a pulled cable, one that stays for `restart_s` ignored the file. Raises FlasherError.
    """
    check(content, board)
    named = info(drive)
    if not named.startswith(board.flash["info"]):
        raise WrongBoard(f"the board on {drive} calls itself {named}, a {board.name} is {board.flash['info']}")
    done = 0
    try:
        with open(Path(drive) / "FIRMWARE.UF2", "wb", buffering=0) as out:
            for at in range(0, len(content), 64 * BLOCK):
                done += out.write(content[at : at + 64 * BLOCK])
                progress(done, len(content))
            os.fsync(out.fileno())
    except OSError as error:
        if done < len(content):
            raise PortLost(
                f"{drive} went away after {done} of {len(content)} bytes: hold BOOTSEL, plug it in, run it again"
            ) from error
    deadline = time.monotonic() + restart_s
    while (Path(drive) / INFO).exists():
        if time.monotonic() > deadline:
            raise VerifyFailed(f"{drive} took the file and the board did not restart: hold BOOTSEL, plug in, run again")
        time.sleep(0.02)
