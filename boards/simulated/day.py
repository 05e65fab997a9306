"""The day of a piece of equipment: what a clamp and a climate sensor near it would see at any second.

Pure and seeded: the same (kind, seed, second) gives the same answer, on CPython and MicroPython. Powers and rhythms
come from measured modes of such equipment (MRI 6-48 kW, CT 0.9-80 kW, angiography 0.3-12.5 kW); for LINAC and PET/CT,
where no measurement is published, from experience. Amperes are those of one phase at 380 V and power factor 0.9.
"""

from collections import namedtuple
from math import exp, pi, sin

A_PER_KW = 1000 / (1.7320508 * 380 * 0.9)
DAY_S = 86400
MONDAY, SATURDAY = 0, 5
LUNCH = (43200, 48600)  # 12:00-13:30, when a third of the usual patients come

Bursts = namedtuple("Bursts", ("first_s", "every_s", "most", "short_s", "long_s", "low_kw", "high_kw"))
# Inside one examination: from first_s on, every every_s, at most `most` of them, each short_s-long_s long, so much
# power above what the equipment draws when ready.

Kind = namedtuple(
    "Kind",
    ("on_s", "off_s", "off_kw", "idle_kw", "ready_kw", "slot_s", "share", "weekend", "cooler_kw", "room_c", "bursts"),
)
# on_s, off_s: seconds of the day; slot_s: one patient; share: of the slots taken on a weekday, times weekend on
# Saturday and Sunday; cooler_kw: a compressor that cycles day and night, switched on or not.

KINDS = {
    "CT": Kind(
        25200, 75600, 0.02, 2.6, 3.4, 480, 0.7, 0.4, 0.0, 22.0,
        (Bursts(80, 480, 1, 2, 5, 3, 10), Bursts(115, 28, 4, 3, 15, 20, 80)),
    ),
    "MRI": Kind(
        25800, 79200, 6.5, 10.0, 17.5, 1500, 0.85, 0.4, 2.6, 19.5,
        (Bursts(150, 190, 6, 60, 160, 9, 28),),
    ),
    "DSA": Kind(
        28200, 66600, 0.5, 3.2, 5.6, 5400, 0.65, 0.2, 0.0, 21.5,
        (Bursts(540, 75, 52, 5, 60, 1.2, 3.0), Bursts(615, 450, 9, 2, 10, 4.5, 6.5)),
    ),
    "LINAC": Kind(
        25200, 70200, 1.2, 4.5, 8.0, 720, 0.8, 0.0, 0.0, 21.0,
        (Bursts(200, 140, 4, 10, 110, 14, 26),),
    ),
    "PET_CT": Kind(
        27000, 57600, 0.4, 6.8, 7.4, 1800, 0.75, 0.0, 0.0, 22.0,
        (Bursts(150, 1800, 1, 8, 14, 18, 45), Bursts(240, 210, 6, 180, 200, 0.6, 1.0)),
    ),
}  # fmt: skip


def chance(seed, slot):
    """A number from 0 to 1 that belongs to (seed, slot) for ever: a 32-bit mix, each step exact on both Pythons."""
    x = (seed * 0x9E3779B1 + slot * 0x85EBCA6B + 0x6A09E667) & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x045D9F3B) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x2C1B3C6D) & 0xFFFFFFFF
    return (x ^ (x >> 16)) / 4294967296.0


def drift(seed, t_s, step_s):
    """A smooth wandering from -1 to 1 that finds a new place every step_s."""
    slot, into_s = t_s // step_s, t_s % step_s
    here, there = chance(seed, slot), chance(seed, slot + 1)
    return 2 * (here + (there - here) * into_s / step_s) - 1


class Day:
    """A piece of equipment of one kind with its own seed."""

    def __init__(self, kind, seed):
        """Raises KeyError for a kind that is not in KINDS."""
        self.kind, self._seed = KINDS[kind], seed * 7919 + 17
        self._date = self._slot = None

    def at(self, t_s):
        """(current in A, temperature in deg C, humidity in % rH) at a second of the hospital's own clock."""
        t_s = int(t_s)
        power_kw, busy = self._power(t_s)
        power_kw *= 0.985 + 0.03 * chance(self._seed + 1, t_s)  # fans, pumps and what the clamp adds
        return (power_kw * A_PER_KW,) + self._climate(t_s, busy)

    def _open(self, date):
        """Note when this date begins and ends, and how full it is."""
        weekday, luck = (date + 3) % 7, chance(self._seed + 2, date)
        kind = self.kind
        self._date = date
        self._share = kind.share * (kind.weekend if weekday >= SATURDAY else 1.15 if weekday == MONDAY else 1)
        self._on_s = kind.on_s + int(luck * 900)
        self._off_s = kind.off_s + int(luck * 2400) - (14400 if weekday >= SATURDAY else 0)
        self._slot = None

    def _power(self, t_s):
        """(kW, whether it is switched on) of a second."""
        date, second = t_s // DAY_S, t_s % DAY_S
        if date != self._date:
            self._open(date)
        kind = self.kind
        base_kw = kind.cooler_kw and self._cooler(t_s)
        if not self._share or not self._on_s <= second < self._off_s:
            return base_kw + kind.off_kw, False
        number, into_s = (second - self._on_s) // kind.slot_s, (second - self._on_s) % kind.slot_s
        if number != self._slot:
            self._enter(date, number, second)
        if not self._taken or not 40 <= into_s < kind.slot_s * 0.93:
            return base_kw + kind.idle_kw, True
        return base_kw + kind.ready_kw + self._bursts(into_s), True

    def _enter(self, date, number, second):
        """Note whether a patient comes in this slot; the first of a day is the warm-up or the daily check."""
        self._slot, self._place = number, date * 256 + number
        share = self._share / 3 if LUNCH[0] <= second < LUNCH[1] else self._share
        self._taken = number == 0 or chance(self._seed + 3, self._place) < share

    def _bursts(self, into_s):
        """kW above ready: spin-up, the burst itself, and its decay within seconds."""
        power_kw = 0.0
        for row in self.kind.bursts:
            index, into = (into_s - row.first_s) // row.every_s, (into_s - row.first_s) % row.every_s
            luck = chance(self._seed + row.first_s, self._place * 64 + index)
            if not 0 <= index < row.most or index > 1 + self._place % row.most:
                continue
            high_kw, long_s = row.low_kw + luck * (row.high_kw - row.low_kw), self._length(row, luck)
            if into < 3 and row.low_kw >= 10:
                power_kw += 2.0  # rotor and gantry
            elif into < long_s + 3:
                power_kw += high_kw
            elif into < long_s + 8:
                power_kw += high_kw * exp((long_s + 2 - into) * 1.2)
        return power_kw

    def _length(self, row, luck):
        return row.short_s + (luck * 7.3 % 1) * (row.long_s - row.short_s)

    def _cooler(self, t_s):
        """kW of a helium compressor's cycle: six minutes on, four off, an inrush at each start."""
        into_s = (t_s + self._seed) % 600
        return 3 * self.kind.cooler_kw if into_s == 0 else self.kind.cooler_kw if into_s < 360 else 0.0

    def _climate(self, t_s, busy):
        """(deg C, % rH) of the room: warmer in the afternoon and while switched on, the air handler wandering."""
        warm_c = 0.6 * sin((t_s % DAY_S - 32400) * 2 * pi / DAY_S) + (0.5 if busy else 0.0)
        wander = drift(self._seed + 4, t_s, 1500)
        humidity = 48 + 6 * drift(self._seed + 5, t_s, 10800) - 2 * wander - 1.5 * warm_c
        return self.kind.room_c + warm_c + 0.45 * wander, humidity
