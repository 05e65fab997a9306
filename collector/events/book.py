"""Events as a spreadsheet in the reader's language, a line each."""

import io
import json

from flask_babel import gettext
from openpyxl import Workbook

from collector.web.cells import harmless
from collector.web.event_words import CAUSE_WORDS, DISPOSITION_WORDS, SEVERITY_WORDS, TYPE_WORDS, said_text
from collector.web.words import moment

MOST = 20_000  # lines


def book_of(events, firsts, causes):
    """The bytes of an XLSX file; beyond MOST events it says that there are more.

    `firsts`, `causes`: as Event.first_steps and Evaluation.newest give them.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(gettext("Events"))
    sheet.append(_heading())
    for event in events[:MOST]:
        sheet.append([harmless(cell) for cell in _line(event, firsts, causes)])
    if len(events) > MOST:
        sheet.append([gettext("Only the first %(most)s events; choose fewer.", most=MOST)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _heading():
    return [
        gettext("Number"), gettext("Severity"), gettext("Kind"), gettext("What was recognised"), gettext("State"),
        gettext("Who handles it"), gettext("Asset number"), gettext("Equipment"), gettext("Department"),
        gettext("Room"), gettext("Told by"), gettext("Began"), gettext("Over"), gettext("Known"),
        gettext("Seen by a person"), gettext("Resolved"), gettext("How often"), gettext("Cause"),
        gettext("Examinations put off or repeated"), gettext("Hours without service"),
    ]  # fmt: skip


def _line(event, firsts, causes):
    machine = event.equipment if event.equipment_id else None
    where = 4 * ("",)
    if machine:
        where = (machine.asset_number, machine.name, machine.room.department.name, machine.room.name)
    seen = [firsts.get((event.id, action)) for action in ("acknowledge", "begin")]
    times = (event.began_ms, event.cleared_ms, event.known_ms, min(filter(None, seen), default=None))
    cause = causes.get(event.id)
    return [
        event.id, str(SEVERITY_WORDS[event.severity]), event.name or str(TYPE_WORDS[event.type]),
        said_text(json.loads(event.said)), str(DISPOSITION_WORDS[event.state]), event.owner, *where, event.subject,
        *map(_moment, (*times, firsts.get((event.id, "resolve")))), event.times,
        *((str(CAUSE_WORDS[cause.cause]), cause.exams, cause.hours) if cause else (None, None, None)),
    ]  # fmt: skip


def _moment(ts_ms):
    return moment(ts_ms, seconds=True) if ts_ms else ""
