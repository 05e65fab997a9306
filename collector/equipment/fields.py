"""What the register says of one piece of equipment: a table of fields, and how each is written. No I/O."""

import re
from collections import namedtuple
from datetime import date, datetime

KINDS = ("CT", "MRI", "DSA", "LINAC", "PET_CT", "ROBOT")
CATEGORIES = ("A", "B", "none")
TEXT_MOST = 200

Field = namedtuple("Field", ("name", "form", "required"))  # form: a key of FORMS

FIELDS = (
    Field("asset_number", "text", True),
    Field("name", "text", True),
    Field("kind", "kind", True),
    Field("maker", "text", True),
    Field("model", "text", True),
    Field("serial", "text", True),
    Field("institution", "text", True),
    Field("department", "text", True),
    Field("room", "text", True),
    Field("category", "category", False),  # of the catalogue of large medical equipment
    Field("catalogue_year", "year", False),
    Field("udi", "text", False),
    Field("licence_number", "text", False),
    Field("licence_model", "text", False),
    Field("licence_installed_on", "date", False),
    Field("accepted_on", "date", False),
    Field("expected_years", "years", False),
    Field("warranty_until", "date", False),
    Field("contract", "text", False),
    Field("contract_until", "date", False),
    Field("supplier", "text", False),
    Field("price_cents", "money", False),
)
NAMES = tuple(field.name for field in FIELDS)
PLACE = ("institution", "department", "room")
OF_BUYING = ("contract", "contract_until", "supplier", "price_cents")  # for those who keep the register

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MONEY = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?")


def _text(value):
    if len(value) > TEXT_MOST or not value.isprintable():
        raise ValueError("too_long")
    return value


def _choice(choices):
    def chosen(value):
        if value not in choices:
            raise ValueError("choice")
        return value

    return chosen


def _date(value):
    found = _DATE.fullmatch(value)
    if not found:
        raise ValueError("date")
    try:
        return date(*map(int, found.groups())).isoformat()
    except ValueError:
        raise ValueError("date") from None


def _year(value):
    if not re.fullmatch(r"(19|20)\d\d", value):
        raise ValueError("year")
    return int(value)


def _years(value):
    if not re.fullmatch(r"[1-9]\d?", value):
        raise ValueError("years")
    return int(value)


def _money(value):
    found = _MONEY.fullmatch(value.replace(",", "").removeprefix("¥").strip())
    if not found:
        raise ValueError("money")
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


FORMS = {
    "text": _text,
    "kind": _choice(KINDS),
    "category": _choice(CATEGORIES),
    "date": _date,
    "year": _year,
    "years": _years,
    "money": _money,
}


def checked(said):
    """({field: value}, {field: a key of WRONG_WORDS}) of {field: text}."""
    values, wrong = {}, {}
    for field in FIELDS:
        text = written(said.get(field.name))
        try:
            if text.startswith("="):
                raise ValueError("formula")
            if field.required and not text:
                raise ValueError("empty")
            values[field.name] = FORMS[field.form](text) if text else None
        except ValueError as error:
            wrong[field.name] = str(error)
    return values, wrong


def written(value):
    """A cell, or a value of ours, as the text that `checked` reads; a date of a spreadsheet is one."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip().removeprefix("'")


def shown(name, value):
    """A value as pages, forms and files write it."""
    if value is None:
        return ""
    return f"{value // 100}.{value % 100:02}" if name == "price_cents" else str(value)
