"""The forms of the register's fields as types of the API."""

from typing import Annotated, Literal

from msgspec import Meta

from collector.api import Date, Line
from collector.equipment.fields import CATEGORIES, KINDS

CENTS_MOST = 10**14 - 1

TYPES = {
    "text": Line,
    "kind": Literal[KINDS],
    "category": Literal[CATEGORIES],
    "date": Date,
    "year": Annotated[int, Meta(ge=1900, le=2099)],
    "years": Annotated[int, Meta(ge=1, le=99)],
    "money": Annotated[int, Meta(ge=0, le=CENTS_MOST)],
}
