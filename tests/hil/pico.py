"""`python -m tests.hil.pico FOLDER`: the terminal on an emulated Pico W, which gets the one file FOLDER/merged.uf2.

simulated.json says what plays around the board, as on the simulated one. What the board prints comes out here. SIGTERM
cuts its power: what its file system holds at that moment is kept as flash.img, and is there at the next start.
"""

import asyncio
import dataclasses
import errno
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from rp2040py.boards import BOARDS, FlashLayout
from rp2040py.device.mp_device import MicroPythonDevice
from rp2040py.external.bootsel_button import BootselButton
from rp2040py.external.cyw43 import Cyw43439
from rp2040py.peripherals.i2c import I2CMode

from boards.simulated.world import World
from flasher.board import boards
from flasher.merge import BLOCK

PICO_W = boards()["pico_w"]
GUEST_SEES = "10.0.0.1"  # where the board finds this machine's loopback; every other address is refused
USB_IDLE_US = 5000  # the emulator's own 10 us of empty packets make a sleeping board thirty times slower
PACE_NS = 2_000_000
LONGEST_ANSWER = 32  # bytes a chip is asked for at once: the bus does not say how many will be read
TX_EMPTY = 1 << 4
FIRST_ADC_PIN, TEMPERATURE = 26, 4  # pin of channel 0; the channel that is the chip's own temperature
MERGED, FLASH = "merged.uf2", "flash.img"


class Chips:
    """The simulated chips on the board's first I2C controller, byte by byte, and what lies at its ADC pins."""

    def __init__(self, bus):
        self._bus, self._address, self._written, self._answer = bus, None, b"", iter(())

    def attach(self, rp2040):
        """Solder them on, before the board starts."""
        self._i2c = rp2040.i2c[0]
        self._i2c.on_start = self._started
        self._i2c.on_connect = self._connect
        self._i2c.on_write_byte = self._write
        self._i2c.on_read_byte = self._read
        self._i2c.on_stop = self._stop
        self._adc, self._sampled = rp2040.adc, rp2040.adc.on_adc_read
        self._adc.on_adc_read = self._sample

    def _sample(self, channel):
        if channel < TEMPERATURE:
            self._adc.channel_values[channel] = self._bus.convert(FIRST_ADC_PIN + channel)
        self._sampled(channel)

    def _started(self, _repeated):
        self._hand_over()
        self._i2c.complete_start()

    def _connect(self, address, mode):
        self._address = address
        try:
            if mode is I2CMode.READ:
                self._answer = iter(self._bus.read(address, LONGEST_ANSWER))
            else:
                self._bus.reach(address)
            self._i2c.complete_connect(True)
        except OSError:
            self._i2c.int_raw |= TX_EMPTY  # else the driver waits for room until its time-out
            self._i2c.complete_connect(False)

    def _write(self, value):
        self._written += bytes((value,))
        self._i2c.complete_write(True)

    def _read(self, _more):
        self._i2c.complete_read(next(self._answer, 0xFF))

    def _stop(self):
        self._hand_over()
        self._i2c.complete_stop()

    def _hand_over(self):
        """What was written goes to the chip as one message; a command it does not have is lost, as on a wire."""
        written, self._written = self._written, b""
        if written:
            with suppress(OSError):
                self._bus.write(self._address, written)


class Air(Cyw43439):
    """The radio and the network behind it: this machine's loopback and nothing else."""

    def attach(self, rp2040):
        """As the chip does, then with our own way out."""
        super().attach(rp2040)
        self.bus.nat_bridge._tcp._connect_fn = self._connect
        self.bus.nat_bridge._udp._relay = self._nowhere

    async def _connect(self, address, port):
        if address != GUEST_SEES:
            raise OSError(errno.ECONNREFUSED, f"{address} is not on this network")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        return reader, _Writer(writer)

    async def _nowhere(self, *_datagram):
        """Names and time are not to be had: a datagram gets no answer."""

    def power_off(self):
        """What a reset of the board does to the radio and to what it had open."""
        self.bus.power_off()
        self.bus.nat_bridge.reset()


class _Writer:
    """A stream's writer that takes "no more" also when the other side has gone already."""

    def __init__(self, writer):
        self._writer = writer

    def __getattr__(self, name):
        return getattr(self._writer, name)

    def write_eof(self):
        with suppress(OSError):
            self._writer.write_eof()


class Pace:
    """Holds a sleeping board back to the time of this machine: else its time-outs run out before anybody answers."""

    def attach(self, rp2040):
        """Look at both clocks every 2 ms of the board's."""
        self._clock, self._began = rp2040.clock, None
        self._alarm = rp2040.clock.create_alarm(self._look)
        self._alarm.schedule(PACE_NS)

    def _look(self):
        now_s = time.monotonic()
        if self._began is None:
            self._began = now_s, self._clock.nanos
        ahead_s = (self._clock.nanos - self._began[1]) / 1e9 - (now_s - self._began[0])
        if ahead_s > 0:
            time.sleep(min(ahead_s, 0.01))
        self._alarm.schedule(PACE_NS)


class Pico(MicroPythonDevice):
    """One board: chip, flash, radio, chips on its bus. `flash`: its file system as it was left, or None."""

    def __init__(self, image, flash, bus):
        self._air = Air()
        spec = dataclasses.replace(
            BOARDS["pico_w"],
            image=image,
            layout=FlashLayout(PICO_W.flash["filesystem_offset"], PICO_W.filesystem_bytes // BLOCK, BLOCK),
            extras=(BootselButton, lambda: self._air, lambda: Chips(bus), Pace),
        )
        super().__init__(board=spec, filesystem=flash)
        self.mcu.usb_ctrl.read_delay_microseconds = USB_IDLE_US

    def _enter_reset(self, cause):
        super()._enter_reset(cause)
        self._air.power_off()


async def run(folder):
    """Play until SIGTERM, then keep the file system."""
    flash, ended = Path(folder, FLASH), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    pico = Pico(Path(folder, MERGED), flash if flash.is_file() else None, World(folder).bus())
    pico.cdc.on_serial_data = _say
    await pico.astart(timeout=None)
    await pico.simulator.wait_for(ended, None)
    pico.stop()
    fresh = flash.with_suffix(".new")
    pico.dump_flash_image(fresh)
    fresh.replace(flash)


def _say(data):
    sys.stdout.buffer.write(bytes(data).replace(b"\r", b""))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
