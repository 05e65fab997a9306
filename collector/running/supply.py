"""Energy price, mains and holidays of a unit: the nearest of equipment, class, department, institution, all holds.

No I/O; the day is an argument. Settings are only ever added: of one target the one with the latest beginning counts,
and one without a value hands back to what is inherited.
"""

from collections import namedtuple
from datetime import date, timedelta

from collector.running.days import USUAL_SUPPLY, Supply

LEVELS = ("equipment", "kind", "department", "institution", "all", "default")  # the nearest first
HOLIDAYS, DAYS_MOST = "holidays", 400

# least, most: of a number; only: the values it may have, where they are few; usual: of who sets nothing
Field = namedtuple("Field", "name unit usual least most only", defaults=((),))
FIELDS = (
    Field("price", f"{USUAL_SUPPLY.currency}/kWh", USUAL_SUPPLY.price, 0, 20),
    Field("volts", "V", USUAL_SUPPLY.volts, 100, 1000),
    Field("phases", "", float(USUAL_SUPPLY.phases), 1, 3, (1, 3)),
    Field("power_factor", "", USUAL_SUPPLY.power_factor, 0.1, 1),
    Field(HOLIDAYS, "", frozenset(), 0, 0),
)
BY_NAME = {field.name: field for field in FIELDS}

Setting = namedtuple("Setting", "number target name value from_on reason actor created_ms")  # value: text or None
Held = namedtuple("Held", "field value level")  # what holds of a Field, and from which of LEVELS


class Target(namedtuple("Target", ("institution_id", "department_id", "kind", "equipment_id"), defaults=(None,) * 4)):
    """Whom a setting is for: one of these, or all where none is named."""

    @property
    def level(self):
        """One of LEVELS."""
        named = zip(("institution", "department", "kind", "equipment"), self, strict=True)
        return next((level for level, part in named if part is not None), "all")

    def reaches(self, machine):
        """Whether it is for a Machine, or anything else with these four."""
        own = (machine.institution_id, machine.department_id, machine.kind, machine.equipment_id)
        return all(part is None or part == mine for part, mine in zip(self, own, strict=True))


def read(field, text):
    """A value of a text: a number, or of holidays a frozenset of dates. Raises ValueError with a code."""
    if field.name == HOLIDAYS:
        return _days(text)
    try:
        value = float(text)
    except ValueError:
        raise ValueError("number") from None
    if field.only and value not in field.only:
        raise ValueError("only")
    if not field.least <= value <= field.most:
        raise ValueError("range")
    return value


def _days(text):
    """The dates of `2026-10-01..2026-10-07 2027-01-01`, apart by spaces or commas."""
    out = set()
    for part in text.replace(",", " ").split():
        first, _dots, last = part.partition("..")
        try:
            first, last = date.fromisoformat(first), date.fromisoformat(last or first)
        except ValueError:
            raise ValueError("days") from None
        if not 0 <= (last - first).days < DAYS_MOST:
            raise ValueError("days")
        out |= {first + timedelta(days=n) for n in range((last - first).days + 1)}
    if len(out) > DAYS_MOST:
        raise ValueError("many")
    return frozenset(out)


def holding(settings, machine, on):
    """{name: Held} of all FIELDS for a machine on a date. `settings`: [Setting], the oldest first."""
    newest = {}
    for one in settings:
        key = one.name, one.target
        if one.from_on <= on and one.target.reaches(machine) and one.from_on >= newest.get(key, one).from_on:
            newest[key] = one
    found = {field.name: Held(field, field.usual, "default") for field in FIELDS}
    for one in newest.values():
        level = one.target.level
        if one.value is not None and LEVELS.index(level) < LEVELS.index(found[one.name].level):
            found[one.name] = Held(BY_NAME[one.name], read(BY_NAME[one.name], one.value), level)
    return found


def supply_of(held):
    """(Supply, free dates) of what `holding` found."""
    numbers = {name: one.value for name, one in held.items() if name != HOLIDAYS}
    return Supply(**numbers, currency=USUAL_SUPPLY.currency), held[HOLIDAYS].value
