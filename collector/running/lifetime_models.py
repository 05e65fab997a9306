"""What people say a unit did before it was measured, and since when anything is known of it."""

from datetime import date

from peewee import FloatField, ForeignKeyField, IntegerField, TextField

from collector import db
from collector.db import Table
from collector.equipment import Equipment
from collector.running.models import DAY_MS


class UseBefore(Table):
    """Hours on and examinations up to a day and with it; the newest of an equipment counts, all stay."""

    equipment = ForeignKeyField(Equipment)
    until_on = TextField()
    on_h = FloatField()
    exams = IntegerField()
    source = TextField()
    reason = TextField()
    actor = TextField()
    ts_ms = IntegerField()

    @classmethod
    def of(cls, equipment):
        """All of an equipment, the newest first."""
        return list(cls.select().where(cls.equipment == equipment).order_by(cls.id.desc()))

    @property
    def last_on(self):
        """Its last day as a date."""
        return date.fromisoformat(self.until_on)


def known_since(equipment):
    """The instant from which states or examinations of an equipment are known, or None."""
    of_hours = (
        "SELECT min(day_no) FROM usage_day JOIN binding ON binding.id = usage_day.binding_id WHERE equipment_id = ?"
    )
    ((day_no,),) = db.rows(of_hours, (equipment.id,))
    ((exam_ms,),) = db.rows("SELECT min(start_ms) FROM exam WHERE equipment_id = ?", (equipment.id,))
    return min((ms for ms in (exam_ms, None if day_no is None else day_no * DAY_MS) if ms is not None), default=None)
