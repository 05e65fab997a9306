"""/api/v1 for programs: how a room says what a route takes and gives, so that one table is check and document alike.

A room's `api.py` stands next to its views and calls the same actions:

    @api.get("/equipment/<int:equipment_id>")
    @needs("equipment.read")
    @speaks(EquipmentTold)
    def one(equipment_id): ...
"""

from collector.api.checked import day_of
from collector.api.door import BYTES, CSV, JSON, PREFIX, Spoken, room, speaks, told
from collector.api.kept import forget
from collector.api.pages import Page, Paged, page
from collector.api.words import Date, FileName, Instant, Limit, Line, Name, Number, Said, Text

__all__ = (
    "BYTES",
    "CSV",
    "Date",
    "FileName",
    "PREFIX",
    "Instant",
    "JSON",
    "Limit",
    "Line",
    "Name",
    "Number",
    "Page",
    "Said",
    "Paged",
    "Spoken",
    "Text",
    "day_of",
    "forget",
    "page",
    "room",
    "speaks",
    "told",
)
