"""An ESP32 or ESP32-S3 in download mode behind a pseudo-terminal: the ROM's serial protocol, its stub, a NOR flash.

Written from what esptool 5.6 asks (its loader.py) and the chips' serial protocol: SLIP frames, registers with the SPI
controller behind them, flash begin/data with checksums, the deflate variants, MD5. A sync resets, as DTR and RTS do on
a board. The cable can be pulled after any byte from the host; the flash keeps what was programmed until then.
"""

import glob
import hashlib
import os
import pty
import select
import struct
import threading
import tty
import zlib
from collections import namedtuple
from contextlib import suppress
from functools import reduce
from operator import xor

Rom = namedtuple("Rom", ("magic", "chip_id", "spi", "usr2", "w0", "mac_at", "watchdog"))

ROMS = {
    "esp32": Rom(0x00F01D83, None, 0x3FF42000, 0x24, 0x80, (0x3FF5A004, 0x3FF5A008), None),
    "esp32s3": Rom(0x9, 9, 0x60002000, 0x20, 0x58, (0x60007044, 0x60007048), 0x60008098),
}
MAGIC_AT = 0x40001000
SECTOR = 4096
SIZE_CODES = {2: 0x15, 4: 0x16, 8: 0x17, 16: 0x18}  # of the flash chip's id, by MiB
SYNC, READ_REG, WRITE_REG = 0x08, 0x0A, 0x09
OK, BAD_CHECKSUM, UNSUPPORTED = b"\0\0", b"\x01\x07", b"\x01\x05"


class Chip:
    """The chip and its flash; what survives a pulled cable is `flash`, `resets` says how it was started again."""

    def __init__(self, kind="esp32", flash_mib=4, mac=0x240AC4112233):
        self.rom, self.flash, self.resets, self.writes = ROMS[kind], bytearray(b"\xff" * (flash_mib << 20)), [], 0
        self._id = SIZE_CODES[flash_mib] << 16 | 0x4020
        self._mac = {self.rom.mac_at[0]: mac & 0xFFFFFFFF, self.rom.mac_at[1]: mac >> 32}
        self._sync()

    def _sync(self, *_frame):
        self.stub, self._registers, self._inflate, self._at = False, dict(self._mac), None, 0
        self._registers[MAGIC_AT] = self.rom.magic

    def answer(self, frame):
        """The frames that answer one request frame."""
        _direction, op, size, check = struct.unpack("<BBHI", frame[:8])
        data = frame[8 : 8 + size]
        if op == SYNC:
            self._sync()
            return [self._reply(op, value=0x20120707)] * 8
        act = ACTS.get(op)
        if act is None or (op == 0x14 and self.rom.chip_id is None):
            return [self._reply(op, status=UNSUPPORTED)]
        if op in CHECKED and reduce(xor, data[16:], 0xEF) != check:
            return [self._reply(op, status=BAD_CHECKSUM)]
        found = act(self, data)
        value, payload = (found, b"") if isinstance(found, int) else (0, found or b"")
        frames = [self._reply(op, payload, value)]
        return [*frames, b"OHAI"] if op == 0x06 and self.stub else frames

    def _reply(self, op, payload=b"", value=0, status=OK):
        body = payload + status + (b"" if self.stub else b"\0\0")
        return struct.pack("<BBHI", 1, op, len(body), value) + body

    def _read_register(self, data):
        return self._registers.get(struct.unpack("<I", data)[0], 0)

    def _write_registers(self, data):
        for at in range(0, len(data), 16):
            where, value, _mask, _delay = struct.unpack("<IIII", data[at : at + 16])
            self._registers[where] = value
            if where == self.rom.spi and value & 1 << 18:
                self._registers[where] = 0
                opcode = self._registers[self.rom.spi + self.rom.usr2] & 0xFF
                self._registers[self.rom.spi + self.rom.w0] = {0x9F: self._id, 0x5A: 0x50444653}.get(opcode, 0)
            if where == self.rom.watchdog and value >> 31:
                self.resets.append("watchdog")

    def _security(self, _data):
        return struct.pack("<IB7sII", 0, 0, bytes(7), self.rom.chip_id, 0)

    def _run(self, data):
        self.stub = struct.unpack("<II", data)[1] != 0

    def _begin(self, data):
        size, _blocks, self._block, self._at = struct.unpack("<IIII", data[:16])
        first, last = self._at // SECTOR * SECTOR, -(-(self._at + size) // SECTOR) * SECTOR
        self.flash[first:last] = b"\xff" * (last - first)
        self._inflate = None

    def _begin_deflated(self, data):
        self._begin(data)
        self._inflate = zlib.decompressobj()

    def _data(self, data):
        content = data[16:]
        self._program(self._inflate.decompress(content) if self._inflate else content)

    def _program(self, content):
        old = int.from_bytes(self.flash[self._at : self._at + len(content)])
        self.flash[self._at : self._at + len(content)] = (old & int.from_bytes(content)).to_bytes(len(content))
        self._at += len(content)
        self.writes += len(content)

    def _md5(self, data):
        at, size = struct.unpack("<II", data[:8])
        digest = hashlib.md5(self.flash[at : at + size])
        return digest.digest() if self.stub else digest.hexdigest().encode()

    def _erase(self, _data):
        self.flash[:] = b"\xff" * len(self.flash)

    def _nothing(self, _data):
        return b""


ACTS = {
    0x02: Chip._begin,
    0x03: Chip._data,
    0x04: Chip._nothing,
    0x05: Chip._nothing,  # memory: the stub's code is taken and believed
    0x06: Chip._run,
    0x07: Chip._nothing,
    WRITE_REG: Chip._write_registers,
    READ_REG: Chip._read_register,
    0x0B: Chip._nothing,
    0x0D: Chip._nothing,
    0x10: Chip._begin_deflated,
    0x11: Chip._data,
    0x12: Chip._nothing,
    0x13: Chip._md5,
    0x14: Chip._security,
    0xD0: Chip._erase,
}
CHECKED = (0x03, 0x07, 0x11)


class Cable:
    """A chip on a port, as a context; `port` keeps its name when the cable is plugged in again.

    `cut_after`: how many bytes from the host pass before the cable is pulled. `deaf`: nothing answers, as when the chip
    runs its program instead of the loader.
    """

    def __init__(self, chip, port, cut_after=None, deaf=False):
        self.chip, self.port, self._left, self._deaf, self.taken = chip, port, cut_after, deaf, 0

    def __enter__(self):
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port.unlink(missing_ok=True)
        self.port.symlink_to(os.ttyname(self._slave))
        self._stop, self._told = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error):
        os.close(self._told)
        self._thread.join()
        os.close(self._stop)

    def closed(self):
        """Whether no other process has the port open: esptool is done with it and let the chip start."""
        name, own = os.ttyname(self._slave), str(os.getpid())
        for link in glob.glob("/proc/[0-9]*/fd/*"):
            with suppress(OSError):
                if os.readlink(link) == name and link.split("/")[2] != own:
                    return False
        return True

    def _serve(self):
        frame = None
        try:
            while True:
                ready, _write, _error = select.select([self._master, self._stop], [], [])
                if self._stop in ready:
                    return
                for byte in os.read(self._master, 4096):
                    self.taken += 1
                    if self._left is not None and self.taken > self._left:
                        return
                    frame = self._take(frame, byte)
        finally:
            self.port.unlink(missing_ok=True)
            os.close(self._master)
            os.close(self._slave)

    def _take(self, frame, byte):
        if byte != 0xC0:
            return None if frame is None else frame + bytes((byte,))
        if not frame:
            return b""
        if not self._deaf:
            answers = self.chip.answer(frame.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb"))
            sent = [a.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") for a in answers]
            os.write(self._master, b"".join(b"\xc0" + one + b"\xc0" for one in sent))
        return None
