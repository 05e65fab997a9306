"""A unit's use as a spreadsheet: days, months, sessions of the month, examinations; figures as numbers with units."""

import io

from openpyxl import Workbook

from firmware.processing.state import STATES


def book_of(head, month, months, sessions, exams, moment):
    """The bytes of an XLSX file. `head`: [(word, value)]; moment: how an instant is written."""
    book = Workbook()
    first = book.active
    first.title = "days"
    for word, value in head:
        first.append([word, _plain(value)])
    first.append(
        ["day", "examinations", "source", "on h", "working h", *(f"{state} h" for state in STATES), "corrected"]
    )
    for one in month:
        reasons = "; ".join(f"{what}: {said.reason}" for what, said in one.corrected.items())
        hours = [round(one.hours[state], 2) for state in STATES]
        row = [
            one.day,
            one.exams,
            one.source or "",
            round(one.on_h, 2),
            round(one.working_h, 2),
            *hours,
            _plain(reasons),
        ]
        first.append(row)
    _sheet(
        book,
        "months",
        ("month", "examinations", "on h", "working h"),
        [(day.strftime("%Y-%m"), exams_of, round(on_h, 2), round(worked, 2)) for day, exams_of, on_h, worked in months],
    )
    _sheet(
        book,
        "sessions",
        ("switched on", "switched off", "hours", "examinations"),
        [
            (moment(one.start_ms), moment(one.end_ms), round((one.end_ms - one.start_ms) / 3.6e6, 2), one.exams)
            for one in sessions
        ],
    )
    _sheet(book, "examinations", ("began", "ended", "source", "count", "body part", "protocol", "confidence"),
           [(moment(one.start_ms), moment(one.end_ms) if one.end_ms else "", one.source, one.count,
             _plain(one.body_part or ""), _plain(one.protocol or ""), one.sure) for one in exams])  # fmt: skip
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book, title, heading, rows):
    sheet = book.create_sheet(title)
    sheet.append(heading)
    for row in rows:
        sheet.append(row)


def _plain(text):
    """A text that no spreadsheet runs."""
    return f"'{text}" if isinstance(text, str) and text.startswith(("=", "+", "-", "@", "\t")) else text
