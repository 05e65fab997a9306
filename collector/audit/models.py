"""The rows of the audit, and how far they have grown."""

from peewee import IntegerField, TextField

from collector.db import Table


class AuditRow(Table):
    """One act. `mac` holds it to the row before; before and after are JSON."""

    number = IntegerField(primary_key=True)
    ts_ms = IntegerField(index=True)
    actor = TextField()
    role = TextField()
    address = TextField()
    action = TextField()
    record = TextField()
    outcome = TextField()
    before = TextField(null=True)
    after = TextField(null=True)
    mac = TextField()


class AuditHead(Table):
    """The one row that says the newest number and its code, and up to which number a log elsewhere has it."""

    number = IntegerField()
    mac = TextField()
    sent = IntegerField()

    @classmethod
    def grown(cls):
        """The head, one number further. Call it inside a transaction: others wait until that is over."""
        cls.update(number=cls.number + 1).where(cls.id == 1).execute()
        return cls.get_by_id(1)
