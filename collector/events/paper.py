"""The report of one event on paper: what, where, since when, what was measured, what was done, what it came from."""

import io
import json
from html import escape

from flask_babel import gettext
from reportlab.graphics.shapes import Drawing, Line, PolyLine, Rect
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

from collector import audit
from collector.events.drawing import HEIGHT, WIDTH
from collector.web.event_words import (
    CAUSE_WORDS,
    DISPOSITION_WORDS,
    EFFECT_WORDS,
    RISK_WORDS,
    SEVERITY_WORDS,
    STEP_WORDS,
    known_lines,
    title_text,
)
from collector.web.notify_words import NOTIFICATION_WORDS, RECIPIENT_WORDS
from collector.web.words import CHANNEL_WORDS, moment, value_text

FONT = "STSong-Light"  # a CID font: Chinese without a font file
EDGE = 18 * mm
SPACER = ", "
ACROSS = A4[0] - 2 * EDGE
TEXT = ParagraphStyle("text", fontName=FONT, fontSize=9, leading=13, wordWrap="CJK")
SMALL = ParagraphStyle("small", parent=TEXT, fontSize=7, leading=9, textColor=colors.HexColor("#555555"))
HEADING = ParagraphStyle("heading", parent=TEXT, fontSize=11, leading=16, spaceBefore=8, spaceAfter=3)
TITLE = ParagraphStyle("title", parent=TEXT, fontSize=15, leading=20, spaceAfter=6)
LINES = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.HexColor("#cccccc"))]


def paper_of(event, steps, told, evaluation, picture, now_ms):
    """The bytes of a PDF. steps: [(Step, [File])]; told: [Notification]; evaluation, picture: or None."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    said, out = json.loads(event.said), io.BytesIO()
    title = gettext("Event %(number)s: %(what)s", number=event.id, what=title_text(event, said))
    parts = [Paragraph(escape(title), TITLE), _table(_facts(event), (0.3, 0.7))]
    if picture:
        parts += _chart(picture)
    parts += _section(gettext("What happened"), [_step(*one) for one in steps], (0.22, 0.78))
    if evaluation:
        parts += _section(gettext("Evaluation"), _evaluated(evaluation), (0.3, 0.7))
    parts += _section(gettext("Who was told"), [_told(one) for one in told] or [("", gettext("Nobody"))], (0.22, 0.78))
    kept = [(f"{one.id} {one.name}", f"{one.bytes} B, SHA-256 {one.sha256}") for _step, some in steps for one in some]
    if kept:
        parts += _section(gettext("Files"), kept, (0.3, 0.7))
    made = gettext("Made %(moment)s by %(name)s", moment=moment(now_ms, seconds=True), name=audit.acting().name)

    def foot(canvas, document):
        canvas.setFont(FONT, 7)
        canvas.drawString(EDGE, 10 * mm, made)
        canvas.drawRightString(A4[0] - EDGE, 10 * mm, str(document.page))

    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=EDGE, rightMargin=EDGE, topMargin=EDGE, bottomMargin=EDGE, title=title
    )
    document.build(parts, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def place(event):
    """Where it is, in one line."""
    if not event.equipment_id:
        return event.subject
    room = event.equipment.room
    names = (event.equipment.name, event.equipment.asset_number, room.department.institution.name)
    return SPACER.join((*names, room.department.name, room.name))


def _facts(event):
    rows = [
        (gettext("Severity"), SEVERITY_WORDS[event.severity]),
        (gettext("Place"), place(event)),
        (gettext("State"), SPACER.join(filter(None, (str(DISPOSITION_WORDS[event.state]), event.owner)))),
        (gettext("Began"), moment(event.began_ms, seconds=True)),
        (gettext("Over"), moment(event.cleared_ms, seconds=True) if event.cleared_ms else gettext("goes on")),
        (gettext("Known"), moment(event.known_ms, seconds=True)),
        (gettext("Told by"), event.subject),
    ]
    if event.times > 1:
        rows.append((gettext("How often"), gettext("%(n)s times", n=event.times)))
    return rows + known_lines(json.loads(event.context))


def _step(step, kept):
    actor = gettext("Rule") if step.actor == "rule" else step.actor
    text = f"{actor} {STEP_WORDS[step.action]}" + (f": {step.text}" if step.text else "")
    return moment(step.ts_ms, seconds=True), SPACER.join((text, *(f"{one.id} {one.name}" for one in kept)))


def _evaluated(one):
    rows = [
        (gettext("Cause"), f"{CAUSE_WORDS[one.cause]}: {one.text}"),
        (gettext("Examinations put off or repeated"), one.exams),
        (gettext("Hours without service"), f"{one.hours} h"),
        (gettext("The measures have"), EFFECT_WORDS[one.effect]),
        (gettext("Risk that is left"), RISK_WORDS[one.risk]),
    ]
    return rows + ([(gettext("What is to be better"), one.improvement)] if one.improvement else [])


def _told(one):
    words = f"{one.recipient.name} ({RECIPIENT_WORDS[one.recipient.kind]}): {NOTIFICATION_WORDS[one.state]}"
    return moment(one.sent_ms or one.made_ms, seconds=True), SPACER.join(filter(None, (words, one.result)))


def _section(title, rows, shares):
    return [Paragraph(escape(title), HEADING), _table(rows, shares)]


def _table(rows, shares):
    cells = [[Paragraph(escape(str(cell)).replace("\n", "<br/>"), TEXT) for cell in row] for row in rows]
    return Table(cells, [share * ACROSS for share in shares], style=LINES, splitInRow=1)


def _chart(picture):
    """The same picture that the page of the event has."""
    size = ACROSS / WIDTH
    drawing = Drawing(ACROSS, HEIGHT * size)
    for left, width in picture.marks:
        mark = Rect(left * size, 0, width * size, HEIGHT * size)
        mark.fillColor, mark.strokeColor = colors.HexColor("#f6e3c5"), None
        drawing.add(mark)
    if picture.limit is not None:
        height = (HEIGHT - picture.limit) * size
        drawing.add(Line(0, height, ACROSS, height, strokeColor=colors.HexColor("#b02a37"), strokeDashArray=(4, 3)))
    points = [float(number) for pair in picture.line.split() for number in pair.split(",")]
    points = [(HEIGHT - number if at % 2 else number) * size for at, number in enumerate(points)]
    if len(points) > 2:
        drawing.add(PolyLine(points, strokeColor=colors.HexColor("#0b5ed7"), strokeWidth=0.8))
    span = f"{moment(picture.from_ms)} – {moment(picture.to_ms)}"
    values = f"{value_text(picture.channel, picture.low)} – {value_text(picture.channel, picture.high)} {picture.unit}"
    name = Paragraph(escape(str(CHANNEL_WORDS[picture.channel])), HEADING)
    return [name, drawing, Spacer(0, 2), Paragraph(escape(f"{span}{SPACER}{values}"), SMALL)]
