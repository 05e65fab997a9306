"""A label for a terminal: its id in words and as a QR code with two check digits (firmware/protocol/label.py)."""

import io
from collections import namedtuple

import segno
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from firmware.protocol import label
from firmware.protocol.label import check_digits, qr_text
from flasher.errors import FlasherError, WrongBoard

Size = namedtuple("Size", ("width_mm", "height_mm", "columns", "rows", "left_mm", "top_mm", "meaning"))

SIZES = {
    "50x25": Size(50, 25, 1, 1, 0, 0, "a label printer's roll, 50 x 25 mm"),
    "62x29": Size(62, 29, 1, 1, 0, 0, "a label printer's roll, 62 x 29 mm"),
    "a4-3x8": Size(70, 37, 3, 8, 0, 0.5, "24 on a sheet of A4, 70 x 37 mm"),
    "a4-4x12": Size(48.5, 25.4, 4, 12, 8, -4.4 + 0.5, "48 on a sheet of A4, 48.5 x 25.4 mm"),
}
A4_MM = (210, 297)
FONT = "STSong-Light"  # a CID font: Chinese without a font file
MARGIN_MM = 2
PNG_SCALE = 8


def id_in(text):
    """The terminal id of a code. Raises FlasherError for one that is not ours or was misread."""
    try:
        return label.id_in(text)
    except ValueError as error:
        raise FlasherError(str(error)) from None


def check(said, terminal_id):
    """Refuse a label that is not this terminal's. `said`: what its code says, or its two digits. Raises WrongBoard."""
    if said != check_digits(terminal_id) and (said.isdigit() or id_in(said) != terminal_id):
        raise WrongBoard(
            f"the label says {said!r}, the board is {terminal_id!r} ({check_digits(terminal_id)}): "
            "the labels of two terminals are mixed up; print this one anew: `python -m flasher label`"
        )


def png(terminal_id):
    """The code alone as a PNG."""
    out = io.BytesIO()
    segno.make(qr_text(terminal_id), error="m", micro=False).save(out, kind="png", scale=PNG_SCALE)
    return out.getvalue()


def pdf(labels, size):
    """A PDF of labels, [(terminal id, line under it)], as many on a page as `size`, a name in SIZES, takes."""
    if size not in SIZES:
        raise FlasherError(f"the label size {size!r} is none of {', '.join(SIZES)}")
    shape, out = SIZES[size], io.BytesIO()
    per_page = shape.columns * shape.rows
    page_mm = A4_MM if per_page > 1 else (shape.width_mm, shape.height_mm)
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    sheet = canvas.Canvas(out, pagesize=(page_mm[0] * mm, page_mm[1] * mm), invariant=True)
    for number, (terminal_id, under) in enumerate(labels):
        row, column = divmod(number % per_page, shape.columns)
        if number and number % per_page == 0:
            sheet.showPage()
        left = shape.left_mm + column * shape.width_mm
        bottom = page_mm[1] - shape.top_mm * (per_page > 1) - (row + 1) * shape.height_mm
        _draw(sheet, shape, left, bottom, terminal_id, under)
    sheet.save()
    return out.getvalue()


def _draw(sheet, shape, left_mm, bottom_mm, terminal_id, under):
    side_mm = shape.height_mm - 2 * MARGIN_MM
    code = segno.make(qr_text(terminal_id), error="m", micro=False)
    rows = list(code.matrix_iter(border=4))
    cell = side_mm * mm / len(rows)
    x, y = (left_mm + MARGIN_MM) * mm, (bottom_mm + MARGIN_MM) * mm
    for down, row in enumerate(rows):
        for along, dark in enumerate(row):
            if dark:
                sheet.rect(x + along * cell, y + (len(rows) - 1 - down) * cell, cell, cell, stroke=0, fill=1)
    text_x, room = (left_mm + 2 * MARGIN_MM + side_mm) * mm, (shape.width_mm - side_mm - 3 * MARGIN_MM) * mm
    for height, words, points in (
        (0.62, terminal_id, 12),
        (0.38, f"# {check_digits(terminal_id)}", 9),
        (0.18, under, 7),
    ):
        wide = pdfmetrics.stringWidth(words, FONT, points)
        sheet.setFont(FONT, points if wide <= room else points * room / wide)
        sheet.drawString(text_x, (bottom_mm + shape.height_mm * height) * mm, words)
