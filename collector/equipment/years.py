"""How long a piece of equipment has served and until when it is expected to, from what the register says. No I/O."""

from collections import namedtuple
from datetime import date

# began_on: a date, or None where neither licence nor acceptance is dated; by: the field that dates it; years: full ones
# and the tenth of the next; ends_on: None where no years are expected; over: whether that has passed
Served = namedtuple("Served", ("began_on", "by", "years", "ends_on", "over"))

DATED_BY = ("licence_installed_on", "accepted_on")  # the first that is known counts


def served(said, today):
    """The Served of {field: value}, or of an Equipment's columns by name; `today`: a date."""
    by = next((name for name in DATED_BY if said.get(name)), None)
    if by is None:
        return Served(None, None, None, None, False)
    began = date.fromisoformat(said[by])
    ends = _after(began, said["expected_years"]) if said.get("expected_years") else None
    return Served(began, by, _years(began, today), ends, ends is not None and ends <= today)


def _years(began, today):
    """Years from one date to another, to a tenth, cut off: a unit is ten years old on its day, not before."""
    if today < began:
        return 0.0
    whole = today.year - began.year - (_after(began, today.year - began.year) > today)
    since, until = _after(began, whole), _after(began, whole + 1)
    return whole + int(10 * (today - since).days / (until - since).days) / 10


def _after(day, years):
    """The same day some years later; of the 29th of February the 1st of March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


PARTS = ("over", "one_year", "three_years", "later", "unsaid")  # of a plan of life; unsaid: no years or no date


def part_of(one, today):
    """Which of PARTS a Served belongs to at a date."""
    if one.ends_on is None:
        return "unsaid"
    if one.over:
        return "over"
    soon = (name for name, years in (("one_year", 1), ("three_years", 3)) if one.ends_on <= _after(today, years))
    return next(soon, "later")


def planned(found, today):
    """({part: [(what, Served)], what ends first before}, {year: how many end in it}) of (what, Served) pairs."""
    parts, years = {name: [] for name in PARTS}, {}
    for what, one in sorted(found, key=lambda pair: pair[1].ends_on or date.max):
        parts[part_of(one, today)].append((what, one))
        if one.ends_on and not one.over:
            years[one.ends_on.year] = years.get(one.ends_on.year, 0) + 1
    return parts, years
