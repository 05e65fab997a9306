"""Who can be told, which way messages take, and each message with what became of it."""

from peewee import ForeignKeyField, IntegerField, TextField, fn

from collector.db import Table

QUEUED, SENT, GIVEN_UP, NOT_NEEDED = "queued", "sent", "given_up", "not_needed"


class Recipient(Table):
    """Somebody, or a program, with an address; that is sealed, because it holds passwords and tokens."""

    name = TextField(unique=True)
    kind = TextField()  # a key of senders.KINDS
    wrapped = TextField()
    ended_ms = IntegerField(null=True)

    @classmethod
    def there(cls):
        """A query of those that have no end, by name."""
        return cls.select().where(cls.ended_ms.is_null()).order_by(cls.name)


class Route(Table):
    """Which messages a recipient gets, in which hours, and after how long without anybody who has seen it."""

    recipient = ForeignKeyField(Recipient, backref="routes")
    severity = TextField()  # this one and worse ones
    equipment_id = IntegerField(null=True)
    department = TextField()
    days = TextField()  # digits of weekdays, 1 Monday
    from_min = IntegerField()
    to_min = IntegerField()
    outside = TextField()  # one of routes.OUTSIDE
    after_min = IntegerField()
    ended_ms = IntegerField(null=True)

    @classmethod
    def there(cls):
        """A query of those that hold, with their recipients."""
        holds = cls.ended_ms.is_null() & Recipient.ended_ms.is_null()
        return cls.select(cls, Recipient).join(Recipient).where(holds).order_by(cls.after_min, cls.id)


class Swap(Table):
    """From one day to another, both in it, somebody else is told in the place of whom a route names."""

    route = ForeignKeyField(Route, backref="swaps")
    recipient = ForeignKeyField(Recipient)
    first_on = TextField()  # YYYY-MM-DD in the site's zone
    last_on = TextField()
    ended_ms = IntegerField(null=True)

    @classmethod
    def there(cls, since_on=""):
        """{number of a route: [Swap]} that hold and end on this day or later, the newest first."""
        found, holds = {}, cls.ended_ms.is_null() & Recipient.ended_ms.is_null() & (cls.last_on >= since_on)
        for one in cls.select(cls, Recipient).join(Recipient).where(holds).order_by(cls.id.desc()):
            found.setdefault(one.route_id, []).append(one)
        return found


class Notification(Table):
    """One message to one recipient: when it is to go, when it went, how often it was tried, what came back."""

    about = TextField()
    recipient = ForeignKeyField(Recipient)
    severity = TextField()
    title = TextField()
    text = TextField()
    link = TextField()
    made_ms = IntegerField()
    next_ms = IntegerField(null=True)
    escalated = IntegerField()  # after how many minutes it goes if nobody has seen it; 0 at once
    state = TextField()
    attempts = IntegerField()
    sent_ms = IntegerField(null=True)
    together = IntegerField()  # how many messages went as one
    result = TextField()

    @classmethod
    def due(cls, now_ms, held):
        """{recipient: [Notification]} that are to go now, the oldest first.

        held: {number of a recipient: severities that go nevertheless}.
        """
        found, goes = {}, (cls.state == QUEUED) & (cls.next_ms <= now_ms)
        for number, severities in held.items():
            goes &= (cls.recipient != number) | (cls.severity << severities)
        for one in cls.select(cls, Recipient).join(Recipient).where(goes).order_by(cls.id):
            found.setdefault(one.recipient, []).append(one)
        return found

    @classmethod
    def known_of(cls, abouts):
        """Those of some abouts of which there are messages already."""
        found = set()
        for at in range(0, len(abouts), 500):
            asked = cls.select(cls.about).where(cls.about << abouts[at : at + 500]).distinct()
            found.update(about for (about,) in asked.tuples())
        return found

    @classmethod
    def add_many(cls, rows):
        """Keep rows, {field: value} each, in their order."""
        rows = list(rows)
        for at in range(0, len(rows), 500):
            cls.insert_many(rows[at : at + 500]).execute()

    @classmethod
    def due_counts(cls, now_ms):
        """{number of a recipient: how many are to go now}."""
        goes = (cls.state == QUEUED) & (cls.next_ms <= now_ms)
        return dict(cls.select(cls.recipient, fn.COUNT(cls.id)).where(goes).group_by(cls.recipient).tuples())

    @classmethod
    def ahead(cls, now_ms):
        """[Notification] that wait and were tried before, or were made after now by a clock that was set back since."""
        waits = (cls.state == QUEUED) & (cls.next_ms > now_ms)
        return list(cls.select().where(waits & ((cls.made_ms > now_ms) | (cls.attempts > 0))))

    @classmethod
    def told_between(cls, from_ms, to_ms):
        """{number of a recipient: {severity: how many messages were taken}} behind an instant until another."""
        found, when = {}, (cls.sent_ms > from_ms) & (cls.sent_ms <= to_ms)
        asked = cls.select(cls.recipient, cls.severity, fn.COUNT(cls.id)).where(when)
        for number, severity, count in asked.group_by(cls.recipient, cls.severity).tuples():
            found.setdefault(number, {})[severity] = count
        return found

    @classmethod
    def of(cls, about):
        """[Notification] about something, in their order."""
        return list(cls.select(cls, Recipient).join(Recipient).where(cls.about == about).order_by(cls.id))

    @classmethod
    def newest(cls, count):
        """[Notification] of all, the newest first."""
        return list(cls.select(cls, Recipient).join(Recipient).order_by(cls.id.desc()).limit(count))

    @classmethod
    def counts(cls):
        """{state: how many}."""
        return dict(cls.select(cls.state, fn.COUNT(cls.id)).group_by(cls.state).tuples())
