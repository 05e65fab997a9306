"""Rules with their versions, events, the steps on their way, and whiles in which some are shelved."""

import json
from collections import Counter

from peewee import JOIN, BooleanField, Case, FloatField, ForeignKeyField, IntegerField, TextField, fn

from collector import db
from collector.accounts import Department, Institution, Room
from collector.db import Table
from collector.equipment import Equipment
from collector.events.disposition import CLOSED, UNDONE
from collector.events.rules import Rule
from collector.notify import SEVERITIES

AGAIN_MS = 3_600_000  # what is raised again so soon after it was cleared is the same event once more
PER_PAGE = 50


class RuleVersion(Table):
    """What one rule said from from_ms until to_ms; never changed, only followed by the next."""

    number = IntegerField()  # of the rule, the same in all its versions
    name = TextField()
    kind = TextField(null=True)
    maker = TextField(null=True)
    model = TextField(null=True)
    equipment = ForeignKeyField(Equipment, null=True)
    body = TextField()  # the fields of rules.Rule but its name, as JSON
    from_ms = IntegerField()
    to_ms = IntegerField(null=True)
    reason = TextField()
    actor = TextField()

    def rule(self):
        """It as a Rule; its name begins with its number."""
        return Rule(f"rule {self.number}", **json.loads(self.body))

    def reaches(self, equipment):
        """Whether it is for an Equipment."""
        if self.equipment_id is not None:
            return self.equipment_id == equipment.id
        return all(getattr(self, name) in (None, getattr(equipment, name)) for name in ("kind", "maker", "model"))

    @classmethod
    def valid(cls):
        """A query of the versions that hold now, by name."""
        return cls.select().where(cls.to_ms.is_null()).order_by(cls.name, cls.number)

    @classmethod
    def of(cls, number):
        """[RuleVersion] of one rule, the newest first."""
        return list(cls.select().where(cls.number == number).order_by(cls.id.desc()))

    @classmethod
    def newest(cls):
        """A number that grows with every change of any rule."""
        ended = cls.select(fn.COUNT(cls.id)).where(cls.to_ms.is_null(False)).scalar()
        return cls.select(fn.COALESCE(fn.MAX(cls.id), 0)).scalar() + ended


class Event(Table):
    """Something that was recognised: what, where, since when, how bad, and how far people are with it."""

    equipment = ForeignKeyField(Equipment, null=True, backref="events")
    subject = TextField()  # the terminal, gateway or person that told of it
    rule = TextField()  # what the rule is known by; "" of a report by a person
    name = TextField()  # what people call it; "" of a built-in rule
    type = TextField()
    severity = TextField()
    state = TextField()
    version = IntegerField()  # grows with every step: who acts says what he has seen
    began_ms = IntegerField()
    raised_ms = IntegerField()
    known_ms = IntegerField()  # when the platform knew
    cleared_ms = IntegerField(null=True)
    due_ms = IntegerField(null=True)
    late = BooleanField()
    shelved = BooleanField()
    times = IntegerField()
    owner = TextField()
    merged_into = ForeignKeyField("self", null=True, backref="merged")
    said = TextField()  # JSON: channel, value, limit, and what else its text needs
    context = TextField()  # JSON: what the equipment was and measured when it was raised

    @property
    def is_raised(self):
        """Whether it still goes on."""
        return self.cleared_ms is None

    @classmethod
    def with_places(cls):
        """A query of events with equipment, room, department and institution."""
        asked = cls.select(cls, Equipment, Room, Department, Institution).join(Equipment, JOIN.LEFT_OUTER)
        for place in (Room, Department, Institution):
            asked = asked.join(place, JOIN.LEFT_OUTER)
        return asked

    @classmethod
    def inside(cls, scope):
        """The condition for events of equipment inside a scope; those of no equipment are for who sees everything."""
        return Equipment.inside(scope)

    @classmethod
    def seen(cls, scope, number):
        """The event of a number, or None when there is none inside the scope."""
        return cls.with_places().where((cls.id == number) & cls.inside(scope)).first()

    @classmethod
    def inbox(cls, scope, state="", severity="", equipment_id=None):
        """A query of events inside a scope, what needs a person first."""
        undone = Case(None, [(cls.state << UNDONE, 0), (cls.state != CLOSED, 1)], 2)
        worst = Case(cls.severity, [(severity, -at) for at, severity in enumerate(SEVERITIES)], 0)
        taken = Case(None, [(cls.state == "open", 0)], 1)
        calm = Case(None, [(cls.shelved == 1, 2), (cls.cleared_ms.is_null(False), 1)], 0)
        asked = cls.with_places().where(cls.inside(scope) & cls.merged_into.is_null())
        for field, wanted in ((cls.state, state), (cls.severity, severity), (cls.equipment, equipment_id)):
            if wanted:
                asked = asked.where(field == wanted)
        return asked.order_by(undone, worst, taken, calm, cls.raised_ms.desc(), cls.id.desc())

    @classmethod
    def counts(cls, scope):
        """{(state, severity): how many} of what is not closed inside a scope."""
        asked = cls.with_places().select(cls.state, cls.severity, fn.COUNT(cls.id))
        asked = asked.where(cls.inside(scope) & (cls.state != CLOSED) & cls.merged_into.is_null())
        return {(state, worst): count for state, worst, count in asked.group_by(cls.state, cls.severity).tuples()}

    @classmethod
    def raised_of(cls, subject, rule, equipment_id):
        """The event of a rule that is raised now, or None."""
        return cls._of(subject, rule, equipment_id).where(cls.cleared_ms.is_null()).first()

    @classmethod
    def to_go_on(cls, subject, rule, equipment_id, ts_ms):
        """The event of a rule that is raised, else the undone one cleared shortly before an instant, or None."""
        sql = (
            "SELECT id FROM event WHERE subject = ? AND rule = ? AND coalesce(equipment_id, 0) = ? "
            f"AND (cleared_ms IS NULL OR (cleared_ms >= ? AND state IN ({', '.join('?' * len(UNDONE))}) "
            "AND merged_into_id IS NULL)) ORDER BY cleared_ms IS NULL DESC, id DESC LIMIT 1"
        )  # as text: it is asked for every event of a storm
        found = db.rows(sql, (subject, rule, equipment_id or 0, ts_ms - AGAIN_MS, *UNDONE))
        return cls.get_by_id(found[0][0]) if found else None

    @classmethod
    def touching(cls, subject, rule, equipment_id, from_ms, to_ms):
        """An event of a rule that goes on at any time of a span, or None."""
        asked = cls._of(subject, rule, equipment_id).where(cls.began_ms <= to_ms)
        return asked.where(cls.cleared_ms.is_null() | (cls.cleared_ms >= from_ms)).first()

    @classmethod
    def _of(cls, subject, rule, equipment_id):
        of = cls.equipment.is_null() if equipment_id is None else cls.equipment == equipment_id
        asked = cls.select().where((cls.subject == subject) & (cls.rule == rule) & of)
        return asked.order_by(cls.id.desc())

    @classmethod
    def first_steps(cls, numbers):
        """{(number of an event, action): when it was done first} of some events."""
        found = {}
        for at in range(0, len(numbers), 500):
            asked = Step.select(Step.event, Step.action, fn.MIN(Step.ts_ms)).where(Step.event << numbers[at : at + 500])
            found |= {
                (number, action): ts_ms for number, action, ts_ms in asked.group_by(Step.event, Step.action).tuples()
            }
        return found

    @classmethod
    def raised_by(cls, rule):
        """[Event] of a rule that are raised now."""
        return list(cls.select().where((cls.rule == rule) & cls.cleared_ms.is_null()))

    @classmethod
    def raised_among(cls, types):
        """{(subject, rule): Event} of these types that are raised now."""
        asked = cls.select().where((cls.type << types) & cls.cleared_ms.is_null())
        return {(event.subject, event.rule): event for event in asked}


class Step(Table):
    """One thing that was done about an event; rows are only ever added."""

    event = ForeignKeyField(Event, backref="steps")
    ts_ms = IntegerField()
    actor = TextField()
    action = TextField()
    state = TextField()  # of the event after it
    text = TextField()
    files = TextField()  # JSON: numbers of files


class Shelf(Table):
    """A while in which nobody wants to be told of an equipment's events, of one rule or of all ("")."""

    equipment = ForeignKeyField(Equipment)
    rule = TextField()
    from_ms = IntegerField()
    to_ms = IntegerField()
    reason = TextField()
    actor = TextField()

    @classmethod
    def holds(cls, equipment_id, rule, ts_ms):
        """Whether events of a rule are shelved at an instant."""
        sql = "SELECT 1 FROM shelf WHERE equipment_id = ? AND from_ms <= ? AND to_ms > ? AND rule IN (?, '') LIMIT 1"
        return bool(db.rows(sql, (equipment_id, ts_ms, ts_ms, rule)))

    @classmethod
    def of(cls, equipment_id, now_ms):
        """[Shelf] of an equipment that hold or are to come."""
        return list(cls.select().where((cls.equipment == equipment_id) & (cls.to_ms > now_ms)).order_by(cls.from_ms))


class Evaluation(Table):
    """What one event came from and what it cost; the newest counts, earlier ones stay."""

    event = ForeignKeyField(Event, backref="evaluations")
    ts_ms = IntegerField()
    actor = TextField()
    cause = TextField()
    text = TextField()
    exams = IntegerField()
    hours = FloatField()
    effect = TextField()
    improvement = TextField()
    risk = TextField()

    @classmethod
    def newest(cls, numbers):
        """{number of an event: its newest Evaluation} of some events."""
        newest = {}
        for at in range(0, len(numbers), 500):
            asked = cls.select().where(cls.event << numbers[at : at + 500]).order_by(cls.id)
            newest |= {one.event_id: one for one in asked}
        return newest

    @classmethod
    def causes(cls, numbers):
        """{cause: how many} of the newest evaluations of some events, the most frequent first."""
        return dict(Counter(one.cause for one in cls.newest(numbers).values()).most_common())
