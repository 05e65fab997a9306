"""Which columns a list of the register has, and what stands in them. No I/O."""

from collector.equipment.fields import NAMES, OF_BUYING, shown
from collector.equipment.years import served

TOLD = ("years_in_service", "expected_until")  # told from other fields
COLUMNS = (*NAMES, *TOLD)
USUAL = ("asset_number", "name", "kind", "maker", "model", "serial", "department", "room", "years_in_service")


def chosen(names, with_buying):
    """The columns of some names, in their order here; the usual ones where none is known, the asset number always."""
    allowed = [name for name in COLUMNS if with_buying or name not in OF_BUYING]
    picked = {name for name in names if name in allowed} or set(USUAL)
    return [name for name in allowed if name in picked or name == "asset_number"]


def cells(equipment, names, today):
    """{column: text} of an Equipment; empty where nothing is known."""
    said = equipment.told()
    told_of = served(said, today)
    told = {name: shown(name, value) for name, value in said.items()}
    told["years_in_service"] = "" if told_of.years is None else f"{told_of.years:.1f}"
    told["expected_until"] = told_of.ends_on.isoformat() if told_of.ends_on else ""
    return {name: told[name] for name in names}
