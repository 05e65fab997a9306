"""A unit's use as a spreadsheet in the reader's language: days, months, sessions of the month, examinations."""

import io

from openpyxl import Workbook

from collector.web.cells import harmless
from collector.web.usage_words import COLUMN_WORDS, SHEET_TITLES
from collector.web.words import SOURCE_WORDS, STATE_OF_UNIT_WORDS, moment
from firmware.processing.state import STATES

SUMS = ("examinations", "on_h", "working_h")


def book_of(head, month, months, sessions, exams):
    """The bytes of an XLSX file; figures are numbers. `head`: [(word, value)]; the rest as collector.running has it."""
    book = Workbook(write_only=True)
    _sheet(book, "days", [*head, _day_heading(), *map(_day, month)])
    rows = [(day.strftime("%Y-%m"), count, round(on_h, 2), round(worked, 2)) for day, count, on_h, worked in months]
    _sheet(book, "months", [_words("month", *SUMS), *rows])
    rows = [(moment(one.start_ms), moment(one.end_ms), _hours(one), one.exams) for one in sessions]
    _sheet(book, "sessions", [_words("switched_on", "switched_off", "hours", "examinations"), *rows])
    heading = _words("began", "ended", "source", "count", "body_part", "protocol", "sure")
    _sheet(book, "examinations", [heading, *map(_exam, exams)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book, title, rows):
    sheet = book.create_sheet(str(SHEET_TITLES[title]))
    for row in rows:
        sheet.append([harmless(cell) for cell in row])


def _words(*names):
    return [str(COLUMN_WORDS[name]) for name in names]


def _day_heading():
    states = [str(COLUMN_WORDS["state_h"]) % {"state": STATE_OF_UNIT_WORDS[state]} for state in STATES]
    return _words("day", "examinations", "source", "on_h", "working_h") + states + _words("corrected")


def _day(one):
    reasons = "; ".join(f"{what}: {said.reason}" for what, said in one.corrected.items())
    hours = [round(one.hours[state], 2) for state in STATES]
    return [one.day, one.exams, _source(one.source), round(one.on_h, 2), round(one.working_h, 2), *hours, reasons]


def _hours(session):
    return round((session.end_ms - session.start_ms) / 3.6e6, 2)


def _exam(one):
    ended = moment(one.end_ms) if one.end_ms else ""
    said = (_source(one.source), one.count, one.body_part or "", one.protocol or "", one.sure)
    return (moment(one.start_ms), ended, *said)


def _source(name):
    return str(SOURCE_WORDS[name]) if name else ""
