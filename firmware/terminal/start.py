"""What a start takes and nothing later needs: identity and settings are read, the parts made. It is forgotten then."""

import machine

from firmware.protocol.frame import Reading, pack_record
from firmware.terminal.chip_clock import FLOOR_MS, set_chip_clock
from firmware.terminal.clock import Clock
from firmware.terminal.i2c import Bus
from firmware.terminal.identity import Unprovisioned, next_boot, read_identity
from firmware.terminal.lamp import light
from firmware.terminal.outbox import Outbox
from firmware.terminal.ring import Ring
from firmware.terminal.sampler import Sampler
from firmware.terminal.segments import Segments
from firmware.terminal.sensors.fitting import fit
from firmware.terminal.uplink import Uplink

OUTBOX = "outbox/"
SPENT = (  # what may be forgotten once there is a terminal
    "firmware.terminal.start",
    "firmware.terminal.identity",
    "firmware.terminal.rotation",
    "firmware.protocol.seal",
    "firmware.protocol.identity",
    "firmware.terminal.config",
    "firmware.terminal.lamp",
    "firmware.terminal.chip_clock",
    "firmware.terminal.sensors.fitting",
    "firmware.processing.calibration",
)


def start(terminal):
    """Read who we are, count the boot, make the parts: what `terminal` makes of them. Without an identity: one line,
    None, no number, no network."""
    try:
        identity = read_identity()
        set_chip_clock(machine.RTC(), FLOOR_MS)
        light(identity.led)
        return _wired(terminal, identity, next_boot(identity.first_boot_no))
    except (Unprovisioned, ValueError) as error:
        print("unprovisioned:", error)


def _wired(terminal, identity, boot_no):
    settings, pins, clock = identity.settings, identity.i2c, Clock()
    wires = machine.I2C(
        pins["bus"], sda=machine.Pin(pins["sda"]), scl=machine.Pin(pins["scl"]), freq=pins["frequency_hz"]
    )
    bus = Bus(wires)
    sensors = [fit(bus, wanted) for wanted in identity.sensors]
    sampler = Sampler(sensors, settings, clock.uptime_ms())
    fullest = Reading(identity.terminal_id, 0, 0, dict.fromkeys(sampler.channels), 0, 1)
    segments = Segments(OUTBOX, settings["outbox_bytes"])
    outbox = Outbox(boot_no, settings["ring_readings"], len(pack_record(fullest)), segments)
    radio = _radio(identity.wifi)
    made = terminal(identity, boot_no, clock, sampler, outbox, radio)
    identity.sensors[:] = ()  # they are made, their wires too
    identity.i2c.clear()
    sampler.channels = None
    for part in [terminal, Bus, Clock, Outbox, Ring, Sampler, Segments, Uplink] + [type(sensor) for sensor in sensors]:
        part.__init__ = None  # all of its kind are made: what makes them gives its memory to readings
    return made


def _radio(wanted):
    """The radio of a terminal that has a Wi-Fi network to join, or None: it is on the network already."""
    if wanted is None:
        return None
    from firmware.terminal.wifi import Wifi

    return Wifi(wanted["ssid"], wanted["key"])
