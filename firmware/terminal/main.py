"""The terminal: sensors -> sampler -> outbox -> session -> gateway. One loop, no threads; `breathe` is its heart."""

import gc
import sys
import time

import machine

from firmware.protocol.frame import N_BITS, Reading, pack_record, seq_of
from firmware.terminal import VERSION
from firmware.terminal.clock import FLOOR_MS, Clock, set_chip_clock
from firmware.terminal.i2c import Bus
from firmware.terminal.led import LED
from firmware.terminal.outbox import Outbox
from firmware.terminal.sampler import Sampler
from firmware.terminal.segments import Segments
from firmware.terminal.session import RestartAsked
from firmware.terminal.uplink import Uplink

LAST_N = 2**N_BITS - 1
TURN_MS = 20
STEP_MOST_MS = 180000  # how long one step of the uplink may take, waits on the network included
OUTBOX = "outbox/"
SPENT = (  # what only the start needs
    "firmware.terminal.identity",
    "firmware.terminal.rotation",
    "firmware.protocol.identity",
    "firmware.terminal.config",
    "firmware.terminal.lamp",
    "firmware.terminal.sensors.fit",
    "firmware.terminal.sensors.KINDS",
    "firmware.terminal.sensors._calibrate",
    "firmware.terminal.clock.set_chip_clock",
)
STARTED = ("start", "set_chip_clock", "Bus", "Sampler", "Segments", "Outbox", "Uplink", "Clock", "_radio")
LATER = ("firmware.terminal.health", "firmware.terminal.slots")  # what is needed now and then


class Terminal:
    """All parts of a provisioned terminal, wired."""

    def __init__(self, identity, boot_no):
        from firmware.terminal.sensors import fit

        settings = identity.settings
        self._identity, self._boot_no, self._n = identity, boot_no, 0
        self._clock, self._stepped_ms = Clock(), 0
        pins = identity.i2c
        wires = machine.I2C(
            pins["bus"], sda=machine.Pin(pins["sda"]), scl=machine.Pin(pins["scl"]), freq=pins["frequency_hz"]
        )
        bus = Bus(wires)
        sensors = [fit(bus, wanted) for wanted in identity.sensors]
        self._sampler, self._told = Sampler(sensors, settings, self._clock.uptime_ms()), None
        self._watchdog = machine.WDT(timeout=settings["watchdog_ms"])  # from here on nothing is left unprovisioned
        fullest = Reading(identity.terminal_id, 0, 0, dict.fromkeys(self._sampler.channels), 0, 1)
        segments = Segments(OUTBOX, settings["outbox_bytes"])
        self._outbox = Outbox(boot_no, settings["ring_readings"], len(pack_record(fullest)), segments)
        self._uplink = Uplink(identity, self._outbox, self._clock, _radio(identity.wifi), self.breathe, self.status)
        self._measured = self._confirmed = False

    def run(self):
        """For ever. First says who this is, and what memory is left."""
        gc.collect()
        name, free = self._identity.terminal_id, gc.mem_free()
        print("gantry terminal", name, "version", VERSION, "boot", self._boot_no, "heap_free", free)
        try:
            while True:
                self.breathe()
                self._uplink.step(self._clock.uptime_ms())
                self._stepped_ms = self._clock.uptime_ms()
                if self._measured and self._uplink.acknowledged and not self._confirmed:
                    self._confirm()
                time.sleep_ms(TURN_MS)
        except RestartAsked:
            from firmware.terminal import health

            health.restart(self._outbox)

    def _confirm(self):
        from firmware.terminal import health

        self._confirmed = True
        health.confirm()
        _forget(LATER)

    def status(self):
        """What is told on request."""
        from firmware.terminal import health

        said = health.status(self._boot_no, self._n, self._clock, self._sampler, self._outbox, self._uplink)
        _forget(LATER)
        return said

    def breathe(self):
        """What must go on in every wait: the sensors are looked at, a full window is kept; then the watchdog is fed.

        It is fed nowhere else, and not when the uplink has not come back for too long: what hangs ends in a restart.
        """
        window = self._sampler.poll(self._clock.uptime_ms(), self._clock.stepped)
        if window is not None:
            self._keep(*window)
        self._outbox.save_if_due(self._clock.uptime_ms())
        if self._sampler.told != self._told:
            self._told = self._sampler.told
            print("sensor", self._told)
        LED.tend(self._clock.uptime_ms())
        if self._clock.uptime_ms() - self._stepped_ms < STEP_MOST_MS:
            self._watchdog.feed()

    def _keep(self, start_ms, values, flags):
        """Number a window and put it into the outbox; while no time is known it is stamped with the uptime."""
        self._clock.stepped = False
        self._measured = self._measured or any(value is not None for value in values.values())
        self._n += 1
        ts_ms = self._clock.at(start_ms) if self._outbox.stamped else start_ms
        seq = seq_of(self._boot_no, self._n)
        record = pack_record(Reading(self._identity.terminal_id, ts_ms, seq, values, flags, 1))
        self._outbox.put(record, self._clock.uptime_ms())
        if self._n == LAST_N:
            machine.reset()  # the next boot has numbers again


def _radio(wanted):
    """The radio of a terminal that has a Wi-Fi network to join, or None: it is on the network already."""
    if wanted is None:
        return None
    from firmware.terminal.wifi import Wifi

    return Wifi(wanted["ssid"], wanted["key"])


def _forget(names):
    """Give back the memory of modules, and of parts of them, that are not needed any more."""
    for name in names:
        parent, _dot, child = name.rpartition(".")
        delattr(sys.modules[parent], child)
        sys.modules.pop(name, None)


def start():
    """Read who we are, count the boot, wire the parts. Without an identity: one line, None, no number, no network."""
    from firmware.terminal.identity import Unprovisioned, next_boot, read_identity
    from firmware.terminal.lamp import light

    try:
        identity = read_identity()
        set_chip_clock(machine.RTC(), FLOOR_MS)
        light(identity.led)
        return Terminal(identity, next_boot(identity.first_boot_no))
    except (Unprovisioned, ValueError) as error:
        print("unprovisioned:", error)


def main():
    """Start, then run for ever."""
    terminal = start()
    if terminal is None:
        from firmware.terminal.lamp import unprovisioned

        unprovisioned()
    else:
        _forget(SPENT)
        for name in STARTED:
            del globals()[name]
        terminal.run()


if __name__ == "__main__":
    main()
