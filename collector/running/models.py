"""What is known of a unit's hours: learned levels, spells by day, examinations, corrections; and the questions asked.

A unit is a binding that measures a current: one terminal on one equipment from an instant to another.
"""

import json
from collections import namedtuple
from datetime import date

import msgspec
from peewee import FloatField, ForeignKeyField, IntegerField, TextField

from collector import db
from collector.db import Table
from collector.equipment import Equipment
from collector.running.cold import Cooling
from collector.running.findings import Finding
from firmware.processing.exams import Habits
from firmware.processing.state import FIELDS, HOUR_MS, STATES, UNKNOWN, Levels, Spell

LEVELS, HABITS = set(FIELDS), set(Habits._fields)
NAMES = (*STATES, UNKNOWN)  # of states, by their number in a row
DAY_MS = 24 * HOUR_MS

# what was learned of a unit from a span, valid from an instant until the next version's; records: [Levels]
Version = namedtuple("Version", "number from_ms made_ms seen_from_ms seen_to_ms why review_ms records habits")
# a unit's hours are told through this one; learn_ms: when to look at its levels again; judged: the last day that was
Unit = namedtuple("Unit", ("binding_id", "through", "learn_ms", "judged"), defaults=("",))

_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode


class Exam(Table):
    """Examined patients: one told from the current or by DICOM, or a number that somebody typed or imported."""

    equipment = ForeignKeyField(Equipment)
    binding_id = IntegerField(null=True)
    source = TextField()
    source_key = TextField()
    start_ms = IntegerField()
    end_ms = IntegerField(null=True)
    count = IntegerField(default=1)
    sure = FloatField(null=True)
    body_part = TextField(null=True)
    protocol = TextField(null=True)
    actor = TextField(null=True)

    @classmethod
    def within(cls, equipment, from_ms, to_ms):
        """Those of an equipment that begin in a span, in order."""
        begins = (cls.start_ms >= from_ms) & (cls.start_ms < to_ms)
        return list(cls.select().where((cls.equipment == equipment) & begins).order_by(cls.start_ms, cls.id))

    @classmethod
    def imported(cls, equipment, day):
        """How many were brought in for a date, None where nothing was."""
        found = cls.get_or_none(cls.equipment == equipment, cls.source == "imported", cls.source_key == day.isoformat())
        return None if found is None else found.count


class UsageCorrection(Table):
    """What somebody says a figure of a day is, and why; the newest of a day and figure counts, what was told stays."""

    equipment = ForeignKeyField(Equipment)
    day = TextField()
    what = TextField()
    value = FloatField()
    reason = TextField()
    actor = TextField()
    ts_ms = IntegerField()

    @classmethod
    def within(cls, equipment, first_on, last_on):
        """Those of an equipment's days first_on to last_on, the oldest first."""
        days = cls.day.between(first_on.isoformat(), last_on.isoformat())
        return list(cls.select().where((cls.equipment == equipment) & days).order_by(cls.id))

    @property
    def on(self):
        """Its day as a date."""
        return date.fromisoformat(self.day)


class DailyQc(Table):
    """What the daily quality control of a day came to; the newest of a day counts."""

    equipment = ForeignKeyField(Equipment)
    day = TextField()
    result = TextField()
    note = TextField()
    actor = TextField()
    ts_ms = IntegerField()

    @classmethod
    def newest(cls, equipment, first_on):
        """{day as text: DailyQc} of an equipment since a date."""
        found = cls.select().where((cls.equipment == equipment) & (cls.day >= first_on.isoformat())).order_by(cls.id)
        return {one.day: one for one in found}


def keep_finding(equipment, finding, now_ms):
    """Keep a Finding in place of one of its kind that began at the same instant. Call it inside a transaction."""
    figures = json.dumps(finding.figures, default=str, ensure_ascii=False)
    sql = (
        "INSERT INTO usage_finding (equipment_id, kind, from_ms, to_ms, made_ms, figures) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (equipment_id, kind, from_ms) DO UPDATE SET to_ms = excluded.to_ms, figures = excluded.figures"
    )
    db.write_many(sql, [(equipment.id, finding.kind, finding.from_ms, finding.to_ms, now_ms, figures)])


def findings_of(equipment, from_ms, to_ms):
    """[Finding] of an equipment that touch a span, the oldest first."""
    sql = (
        "SELECT kind, from_ms, to_ms, figures FROM usage_finding WHERE equipment_id = ? AND to_ms >= ? AND from_ms <= ?"
    )
    found = db.rows(f"{sql} ORDER BY from_ms, id", (equipment.id, from_ms, to_ms))
    return [Finding(kind, first, last, json.loads(said)) for kind, first, last, said in found]


def keep_cooling(equipment, one):
    """Keep the Cooling of a day, in place of what was kept. Call it inside a transaction."""
    body = json.dumps(one._asdict() | {"on_date": None})
    sql = "INSERT INTO usage_cooling (equipment_id, day, body) VALUES (?, ?, ?) ON CONFLICT (equipment_id, day) "
    db.write_many(f"{sql}DO UPDATE SET body = excluded.body", [(equipment.id, one.on_date.isoformat(), body)])


def coolings(equipment, before, most):
    """[Cooling] of an equipment's newest days before a date, the oldest first."""
    sql = "SELECT day, body FROM usage_cooling WHERE equipment_id = ? AND day < ? ORDER BY day DESC LIMIT ?"
    found = db.rows(sql, (equipment.id, before.isoformat(), most))
    return [Cooling(**json.loads(body) | {"on_date": date.fromisoformat(day)}) for day, body in reversed(found)]


def keep_step(row):
    """Keep what is known of a step: equipment, binding, source, key, start, end, count, body part, protocol.

    Call it inside a transaction.
    """
    sql = (
        "INSERT INTO exam (equipment_id, binding_id, source, source_key, start_ms, end_ms, count, body_part, protocol) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (equipment_id, source, source_key) DO UPDATE SET "
        "end_ms = coalesce(excluded.end_ms, exam.end_ms), count = excluded.count, "
        "body_part = coalesce(excluded.body_part, exam.body_part), "
        "protocol = coalesce(excluded.protocol, exam.protocol), "
        "start_ms = CASE WHEN excluded.start_ms < exam.start_ms THEN excluded.start_ms ELSE exam.start_ms END"
    )
    db.write_many(sql, [row])


def units():
    """{binding number: Unit} of all that are looked after."""
    return {one[0]: Unit(*one) for one in db.rows("SELECT binding_id, through, learn_ms, judged FROM unit")}


def unit_of(binding_id):
    """The Unit of a binding, or None."""
    found = db.rows("SELECT binding_id, through, learn_ms, judged FROM unit WHERE binding_id = ?", (binding_id,))
    return Unit(*found[0]) if found else None


def told_beyond(hour):
    """{binding number: last hour told} of the units of which this hour or a later one was told."""
    return dict(db.rows("SELECT binding_id, through FROM unit WHERE through >= ?", (hour,)))


def keep_unit(unit):
    """Keep how far a unit is. Call it inside a transaction."""
    sql = (
        "INSERT INTO unit (binding_id, through, learn_ms, judged) VALUES (?, ?, ?, ?) ON CONFLICT (binding_id) "
        "DO UPDATE SET through = excluded.through, learn_ms = excluded.learn_ms, judged = excluded.judged"
    )
    db.write_many(sql, [unit])


def judged_on(day):
    """[Equipment] whose last closed day was judged on a date."""
    sql = "SELECT DISTINCT equipment_id FROM binding JOIN unit ON unit.binding_id = binding.id WHERE judged = ?"
    numbers = [number for (number,) in db.rows(sql, (day.isoformat(),))]
    return list(Equipment.select().where(Equipment.id << numbers).order_by(Equipment.id))


def unsettle(pairs):
    """Remember (binding number, hour number) pairs that readings came for late. Call it inside a transaction."""
    db.write_many("INSERT OR IGNORE INTO unsettled (binding_id, hour_no) VALUES (?, ?)", pairs)


def unsettled():
    """{binding number: [hour number]} of what has to be told anew."""
    found = {}
    for binding_id, hour_no in db.rows("SELECT binding_id, hour_no FROM unsettled ORDER BY binding_id, hour_no"):
        found.setdefault(binding_id, []).append(hour_no)
    return found


def settled_again(binding_id, hours):
    """These hours are told anew. Call it inside a transaction."""
    db.write_many(
        "DELETE FROM unsettled WHERE binding_id = ? AND hour_no = ?", [(binding_id, hour_no) for hour_no in hours]
    )


def versions_of(binding_id):
    """[Version] of a unit, rising in from_ms; one that an older program learned in another shape is learned anew."""
    sql = "SELECT id, from_ms, made_ms, seen_from_ms, seen_to_ms, why, review_ms, body FROM learned "
    out = []
    for *head, body in db.rows(f"{sql}WHERE binding_id = ? ORDER BY from_ms, id", (binding_id,)):
        said = json.loads(body)
        if said["habits"].keys() == HABITS and all(record.keys() == LEVELS for record in said["records"]):
            records = [Levels(**record) for record in said["records"]]
            out.append(Version(*head, records, Habits(**said["habits"])))
    return out


def versions_after(number):
    """{binding number: number of its newest version} of those that have one with a number above this."""
    return dict(db.rows("SELECT binding_id, max(id) FROM learned WHERE id > ? GROUP BY binding_id", (number,)))


def add_version(binding_id, version):
    """A new version of what was learned; its number is given here. Call it inside a transaction."""
    records = [record._asdict() for record in version.records]
    body = {"records": records, "habits": version.habits._asdict()}
    sql = "INSERT INTO learned (binding_id, from_ms, made_ms, seen_from_ms, seen_to_ms, why, body) VALUES "
    row = (binding_id, version.from_ms, version.made_ms, version.seen_from_ms, version.seen_to_ms, version.why)
    db.write_many(f"{sql}(?, ?, ?, ?, ?, ?, ?)", [(*row, json.dumps(body))])


def mark_for_review(binding_id, from_ms, to_ms, now_ms):
    """Levels that were learned without readings of a span that came later. Call it inside a transaction."""
    sql = "UPDATE learned SET review_ms = ? WHERE binding_id = ? AND review_ms IS NULL AND seen_from_ms < ? "
    db.change(f"{sql}AND seen_to_ms > ?", (now_ms, binding_id, to_ms, from_ms))


def spells_of_days(binding_id, first, last):
    """{day number: {hour number: [Spell]}} of the days of UTC first <= day <= last."""
    sql = "SELECT day_no, body FROM usage_day WHERE binding_id = ? AND day_no >= ? AND day_no <= ?"
    return {
        day_no: {hour: [_spell(row) for row in rows] for hour, rows in _decode(body).items()}
        for day_no, body in db.rows(sql, (binding_id, first, last))
    }


def _spell(row):
    return Spell(row[0], row[1], NAMES[row[2]], *row[3:])


def keep_days(binding_id, days):
    """Keep {day number: {hour number: [Spell]}} in place of what was there. Call it inside a transaction."""
    sql = "INSERT INTO usage_day (binding_id, day_no, body) VALUES (?, ?, ?) "
    rows = []
    for day_no, hours in days.items():
        body = {
            hour: [(one.start_ms, one.end_ms, NAMES.index(one.state), *one[3:]) for one in spells]
            for hour, spells in hours.items()
        }
        rows.append((binding_id, day_no, _encode(body)))
    db.write_many(f"{sql}ON CONFLICT (binding_id, day_no) DO UPDATE SET body = excluded.body", rows)


def replace_exams(binding_id, equipment_id, day_no, exams):
    """Keep a day's examinations as the current tells them. Call it inside a transaction."""
    first = day_no * DAY_MS
    mine = "binding_id = ? AND source = 'current' AND start_ms >= ? AND start_ms < ?"
    db.change(f"DELETE FROM exam WHERE {mine}", (binding_id, first, first + DAY_MS))
    sql = "INSERT INTO exam (equipment_id, binding_id, source, source_key, start_ms, end_ms, count, sure) VALUES "
    rows = [
        (equipment_id, binding_id, "current", f"{binding_id}-{one.start_ms}", one.start_ms, one.end_ms, 1, one.sure)
        for one in exams
    ]
    db.write_many(f"{sql}(?, ?, ?, ?, ?, ?, ?, ?)", rows)
