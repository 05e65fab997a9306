"""Limits that hold where nobody has set others, with what each was taken from. A maker's manual goes before them.

A row is never changed: what holds from another day on is another row with its day, so that old days stay judged.
"""

from collector.environment.indicators import CHANGE, VALUE
from collector.environment.inherit import ANYWHERE, Rule, Target

T, H, F = "temperature_c", "humidity_pct", "frequency_hz"
MAINS = ("voltage_l1_v", "voltage_l2_v", "voltage_l3_v")

# kind (None: all), channel, what, place, low alarm, low warning, high warning, high alarm, a key of SOURCE_WORDS
_ROWS = (
    ("CT", T, VALUE, ANYWHERE, 20, 20, 24, 28, "ct_design_and_wide"),
    ("CT", T, VALUE, "control", 18, 20, 24, 28, "ct_design_and_wide"),
    ("CT", H, VALUE, ANYWHERE, 30, 40, 60, 70, "ct_design_and_wide"),
    ("CT", F, VALUE, ANYWHERE, 47, 49.5, 50.5, 53, "ct_feed_and_generator"),
    ("PET_CT", T, VALUE, ANYWHERE, 20, 20, 24, 28, "as_ct"),
    ("PET_CT", H, VALUE, ANYWHERE, 30, 40, 60, 70, "as_ct"),
    ("MRI", T, VALUE, ANYWHERE, 15, 18, 24, 28, "mr_design_and_ge"),
    ("MRI", T, VALUE, "magnet", 15, None, None, 21, "ge_creator"),
    ("MRI", T, VALUE, "control", 15, 18, 24, 32, "mr_design_and_ge"),
    ("MRI", T, CHANGE, ANYWHERE, None, None, None, 3, "ge_creator"),
    ("MRI", H, VALUE, ANYWHERE, 30, 40, 60, 75, "mr_design_and_ge"),
    ("MRI", H, VALUE, "magnet", 30, None, None, 60, "ge_creator"),
    ("MRI", H, CHANGE, ANYWHERE, None, None, None, 5, "ge_creator"),
    ("MRI", "water_supply_c", VALUE, ANYWHERE, 4, 6, 12, 18, "practice"),
    ("MRI", "water_flow_lmin", VALUE, ANYWHERE, 6, None, None, None, "practice"),
    ("DSA", T, VALUE, ANYWHERE, None, 18, 24, None, "dsa_design"),
    ("DSA", H, VALUE, ANYWHERE, None, 40, 60, None, "dsa_design"),
    ("DSA", F, VALUE, ANYWHERE, 47, None, None, 53, "ct_feed_and_generator"),
    ("LINAC", T, VALUE, ANYWHERE, None, 18, 25, None, "practice"),
    ("LINAC", H, VALUE, ANYWHERE, None, 30, 70, None, "practice"),
    *((None, channel, VALUE, ANYWHERE, 198, None, None, 242, "mains") for channel in MAINS),
)

DEFAULTS = tuple(
    Rule(None, Target(kind, None, None, None), channel, what, place, *levels, source, 0, None, "", "", 0)
    for kind, channel, what, place, *levels, source in _ROWS
)
SOURCES = frozenset(row[-1] for row in _ROWS)
