"""The emulated board's wiring, as far as it can be shown without MicroPython's image: chips on its bus, its network."""

import asyncio
import struct

import pytest
from rp2040py.rp2040 import RP2040

from boards.simulated.bus import Bus
from flasher import merge
from tests.flasher.test_uf2 import firmware
from tests.hil.pico import GUEST_SEES, PICO_W, Air, Chips, Pico

IC_TAR, IC_DATA_CMD, IC_ENABLE, IC_TX_ABRT_SOURCE = 0x04, 0x10, 0x6C, 0x80
READ, STOP, RESTART = 1 << 8, 1 << 9, 1 << 10
ABRT_7B_ADDR_NOACK = 1
ADC_CS, ADC_RESULT, ADC_ON, ADC_ONCE = 0x00, 0x04, 1 << 0, 1 << 2


class Echo:
    """A chip that keeps what was written and answers with it."""

    def __init__(self):
        self.written = []

    def write(self, data):
        self.written.append(data)

    def read(self, count):
        return (self.written[-1] + bytes(count))[:count]


@pytest.fixture
def wired():
    """(controller, chip): the RP2040's first I2C block, switched on, with a chip at 0x44."""
    rp2040, bus, chip = RP2040(), Bus(), Echo()
    bus.attach(0x44, chip, lambda: True)
    Chips(bus).attach(rp2040)
    controller = rp2040.i2c[0]
    controller.write_uint32(IC_TAR, 0x44)
    controller.write_uint32(IC_ENABLE, 1)
    return controller, chip


def send(controller, *commands):
    for command in commands:
        controller.write_uint32(IC_DATA_CMD, command)


def test_bytes_on_the_wire_reach_a_chip_as_one_message(wired):
    controller, chip = wired
    send(controller, 0xFD, 0x01, 0x02 | STOP)
    assert chip.written == [b"\xfd\x01\x02"]


def test_a_read_after_a_repeated_start_gets_the_chips_answer(wired):
    controller, chip = wired
    send(controller, 0x05, READ | RESTART, READ | STOP)
    assert chip.written == [b"\x05"]
    assert [controller.read_uint32(IC_DATA_CMD) & 0xFF for _ in range(2)] == [0x05, 0x00]


def test_an_address_without_a_chip_is_not_acknowledged(wired):
    controller, chip = wired
    controller.write_uint32(IC_ENABLE, 0)
    controller.write_uint32(IC_TAR, 0x40)
    controller.write_uint32(IC_ENABLE, 1)
    send(controller, 0x00 | STOP)
    assert controller.read_uint32(IC_TX_ABRT_SOURCE) & ABRT_7B_ADDR_NOACK and not chip.written


def test_a_conversion_holds_what_lies_at_its_pin():
    rp2040 = RP2040()
    Chips(Bus(convert=lambda pin: {26: 1234, 28: 4095}[pin])).attach(rp2040)
    for channel, value in ((0, 1234), (2, 4095)):
        rp2040.adc.write_uint32(ADC_CS, channel << 12 | ADC_ON | ADC_ONCE)
        rp2040.clock.tick(10_000)
        assert rp2040.adc.read_uint32(ADC_RESULT) == value


def test_one_merged_file_fills_the_boards_flash_and_what_was_left_there_comes_back(tmp_path):
    files = {"main.py": b"import this", "a.img": bytes(range(256)) * 30}
    (tmp_path / "merged.uf2").write_bytes(merge.merged(firmware(int(PICO_W.flash["family"], 16))[0], files, PICO_W))
    begin, prog = PICO_W.flash["filesystem_offset"], PICO_W.flash["filesystem_prog"]
    pico = Pico(tmp_path / "merged.uf2", None, Bus())
    assert merge.contents(bytes(pico.mcu.flash[begin : begin + PICO_W.filesystem_bytes]), prog) == files
    left = merge.filesystem({**files, "boot_no": b"7"}, PICO_W.filesystem_bytes, prog)
    (tmp_path / "flash.img").write_bytes(left)
    pico = Pico(tmp_path / "merged.uf2", tmp_path / "flash.img", Bus())
    pico.dump_flash_image(tmp_path / "again.img")
    assert (tmp_path / "again.img").read_bytes() == left


def test_the_network_is_this_machines_loopback_and_nothing_else():
    async def talk():
        air = Air()
        air.attach(RP2040())
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            reader, writer = await air.bus.nat_bridge._tcp._connect_fn(GUEST_SEES, port)
            assert await reader.read() == b""
            writer.write_eof()
            writer.write_eof()
        with pytest.raises(OSError, match="not on this network"):
            await air.bus.nat_bridge._tcp._connect_fn("10.0.0.7", port)
        assert await air.bus.nat_bridge._udp._relay(struct.pack(">I", 1)) is None

    asyncio.run(talk())
