"""What a class of equipment draws and how its day goes: power in kW, times in s, each as (least, most) of its units.

Sources: measured modes of four MRI units (Woolen 2023, 1 Hz, 39 days), three CT (dual energy, PMC), seven
angiography systems, CT helicals by energy (AAPM 2022); LINAC, PET/CT, burst lengths and workloads from experience.
In amperes of one phase at 380 V and power factor 0.9.
"""

from collections import namedtuple

A_PER_KW = 1000 / (1.7320508 * 380 * 0.9)
CLASSES = ("CT", "MRI", "MRI 3 T", "DSA", "PET/CT", "LINAC", "DR")

Kind = namedtuple("Kind", "off standby ready apart exams hours slot warmup night")
# apart: the least ratio of ready to standby, and of standby to off; exams: of a weekday; hours: the working day;
# slot: the least room of one examination; warmup: (bursts, length of one, gap, kW above ready); night: the low-power
# mode

KINDS = {
    "CT": Kind((0.0, 0.01), (1.5, 3.9), (1.0, 1.08), 1.0, (40, 120),
        (7, 21), 300, ((8, 25), (2, 6), (6, 20), (15, 40)), (0.5, 1.3)),
    "MRI": Kind((6.8, 8.0), (9.5, 12.0), (17.3, 21.0), 1.25, (14, 30),
        (7.5, 22), 1500, ((2, 4), (60, 150), (10, 30), (8, 16)), (6.0, 6.5)),
    "MRI 3 T": Kind((8.0, 9.7), (12.0, 14.5), (20.0, 25.6), 1.25, (12, 26),
        (7.5, 22), 1500, ((2, 4), (60, 150), (10, 30), (8, 16)), (7.0, 7.6)),
    "DSA": Kind((0.3, 1.1), (1.6, 4.4), (1.15, 1.8), 1.15, (3, 7),
        (8, 18), 4500, ((0, 0), (2, 5), (20, 60), (3, 6)), (1.0, 1.0)),
    "PET/CT": Kind((0.05, 0.5), (1.0, 3.0), (5.0, 9.0), 1.5, (9, 18),
        (7.5, 17), 1700, ((6, 14), (2, 6), (8, 20), (15, 35)), (1.0, 1.0)),
    "LINAC": Kind((0.5, 2.0), (3.0, 6.0), (6.0, 10.0), 1.3, (35, 65),
        (7, 19), 540, ((5, 10), (10, 25), (30, 90), (12, 24)), (1.0, 1.0)),
    "DR": Kind((0.03, 0.2), (0.4, 1.0), (1.0, 1.05), 1.0, (50, 140),
        (7.5, 18), 180, ((2, 5), (0.02, 0.1), (20, 40), (40, 60)), (1.0, 1.0)),
}  # fmt: skip


def span(rng, low_high):
    """A number between two."""
    return rng.uniform(*low_high)


def levels(kind, rng):
    """(off, standby, ready, low-power) of one unit in kW, as far apart as its class has them."""
    of = KINDS[kind]
    off = span(rng, of.off)
    standby = max(span(rng, of.standby), off * max(1.25, of.apart))
    relative = of.ready[1] < 2
    ready = standby * span(rng, of.ready) if relative else max(span(rng, of.ready), standby * of.apart)
    return off, standby, ready, span(rng, of.night)


def exam(kind, rng, rough):
    """Acquisitions of one examination: a list of (gap before it, length, kW above ready)."""
    return _EXAMS[kind](rng, rough)


def _ct(rng, rough):
    scouts = [(span(rng, (4, 12)), span(rng, (2, 5)), span(rng, (2, 8))) for _ in range(1 + (rng.random() < 0.4))]
    longest = 15 if rough else 12
    return scouts + [
        (span(rng, (6, 45)), span(rng, (3, longest)), span(rng, (18, 78))) for _ in range(rng.integers(1, 5))
    ]


def _mri(rng, rough):
    steady = 0.0 if rough else 0.3  # a rough unit has sequences hardly above ready
    return [(span(rng, (10, 60)), span(rng, (60, 330)), max(2.5 + 6 * steady, rng.normal(15, 8)))
            for _ in range(rng.integers(4, 11))]  # fmt: skip


def _dsa(rng, rough):
    out, left = [], span(rng, (1500, 4000))
    while left > 0:
        run = rng.random() < 0.25
        length, power = (
            (span(rng, (3, 10)), span(rng, (3.5, 6.5))) if run else (span(rng, (5, 60)), span(rng, (1.2, 3)))
        )
        gap = min(300.0, 8 + rng.exponential(60 if rough else 45))
        out.append((gap, length, power))
        left -= gap + length
    return out


def _pet(rng, _rough):
    beds, gain = rng.integers(6, 11), span(rng, (0.5, 1.0))
    bed = span(rng, (100, 180))
    ct = [
        (span(rng, (6, 12)), span(rng, (3, 6)), span(rng, (3, 8))),
        (span(rng, (10, 30)), span(rng, (8, 15)), span(rng, (18, 45))),
    ]
    return ct + [(span(rng, (20, 60)), beds * bed, gain)]


def _linac(rng, _rough):
    if rng.random() < 0.5:
        return [(20.0, span(rng, (60, 120)), span(rng, (14, 25))) for _ in range(rng.integers(1, 3))]
    return [(span(rng, (10, 40)), span(rng, (10, 40)), span(rng, (14, 25))) for _ in range(rng.integers(3, 8))]


def _dr(rng, _rough):
    return [(span(rng, (15, 50)), span(rng, (0.01, 0.4)), span(rng, (25, 75))) for _ in range(rng.integers(1, 4))]


_EXAMS = {"CT": _ct, "MRI": _mri, "MRI 3 T": _mri, "DSA": _dsa, "PET/CT": _pet, "LINAC": _linac, "DR": _dr}
