"""Gateways, terminals, what gateways reported and what was refused."""

import json

from peewee import JOIN, SQL, BlobField, BooleanField, CompositeKey, ForeignKeyField, IntegerField, TextField

from collector import db, files
from collector.db import Table

SEEN_EVERY_MS = 60_000  # more often it would be a page to write for every upload


class Gateway(Table):
    """Carries between terminals and platform. Its credential is kept as SHA-256."""

    gateway_id = TextField(unique=True)
    credential_sha256 = TextField(null=True, unique=True)
    version = TextField(null=True)
    created_ms = IntegerField()
    enrolled_ms = IntegerField(null=True)
    seen_ms = IntegerField(null=True)
    revoked_ms = IntegerField(null=True)
    certificate_sha256 = TextField(null=True)  # of the certificate that goes with the credential
    next_sha256 = TextField(null=True)  # the credential that follows, until its first use
    next_certificate_sha256 = TextField(null=True)
    credential_ms = IntegerField(null=True)  # since when the credential counts
    renew = BooleanField(default=False)  # whether the gateway is asked to fetch another

    # Three questions of every upload, asked past peewee: building a query takes it longer than the answer takes.

    @classmethod
    def holding(cls, digest):
        """The gateway whose credential, or the one that follows it, has this SHA-256; None when there is none."""
        fields = cls._meta.columns
        sql = f"SELECT {', '.join(fields)} FROM gateway WHERE credential_sha256 = ? OR next_sha256 = ?"
        for row in db.rows(sql, (digest, digest)):
            return cls(**{name: fields[name].python_value(value) for name, value in zip(fields, row, strict=True)})
        return None

    def carries(self, terminal_ids):
        """Those of these ids whose terminals are assigned to it and not revoked, a set."""
        marks = ", ".join("?" * len(terminal_ids))
        sql = (
            f"SELECT terminal_id FROM terminal WHERE terminal_id IN ({marks}) AND gateway_id = ? AND revoked_ms IS NULL"
        )
        return {terminal_id for (terminal_id,) in db.rows(sql, (*terminal_ids, self.id))}

    def seen(self, now_ms):
        """Note that it spoke, once in SEEN_EVERY_MS. Call it inside a transaction."""
        if self.seen_ms is None or not 0 <= now_ms - self.seen_ms < SEEN_EVERY_MS:
            db.change("UPDATE gateway SET seen_ms = ? WHERE id = ?", (now_ms, self.id))


class EnrolmentCode(Table):
    """Serves once, until it expires; kept as SHA-256."""

    gateway = ForeignKeyField(Gateway)
    sha256 = TextField(unique=True)
    expires_ms = IntegerField()
    used_ms = IntegerField(null=True)


class Terminal(Table):
    """Senses one piece of equipment. Its secret is sealed under a key outside the database; a source has none."""

    terminal_id = TextField(primary_key=True)
    wrapped_secret = BlobField(null=True)
    gateway = ForeignKeyField(Gateway, null=True)
    created_ms = IntegerField()
    revoked_ms = IntegerField(null=True)
    wrapped_next = BlobField(null=True)  # what replaces the secret, while both count
    rotation = IntegerField(null=True)  # the number of the command that made it, or the secret that counts
    registered_sha256 = TextField(null=True)  # of the secret it was registered with, once that was replaced

    @property
    def is_source(self):
        """Whether a gateway asks it, and nothing proves itself: a Modbus, SNMP or DICOM peer."""
        return self.wrapped_secret is None

    @classmethod
    def of(cls, gateway):
        """The terminals assigned to a gateway and not revoked, by name."""
        mine = (cls.gateway == gateway) & cls.revoked_ms.is_null()
        return cls.select().where(mine).order_by(cls.terminal_id)


class Record(Table):
    """What a gateway or another source reports beside readings; (source, seq) once per gateway."""

    gateway = ForeignKeyField(Gateway)
    source_id = TextField()
    seq = IntegerField()
    kind = TextField()
    ts_ms = IntegerField()
    body = TextField()

    class Meta:
        primary_key = CompositeKey("gateway", "source_id", "seq")

    @classmethod
    def steps_after(cls, source_id, seq):
        """[(seq, ts_ms, body as JSON)] of a source's performed procedure steps behind a number, in order."""
        sql = "SELECT seq, ts_ms, body FROM record WHERE source_id = ? AND kind = 'mpps' AND seq > ? ORDER BY seq"
        return db.rows(sql, (source_id, seq))


class Refusal(Table):
    """How often an interface refused something, and when last."""

    interface = TextField()  # A01 or A02
    gateway = TextField()
    terminal = TextField()
    code = TextField()
    count = IntegerField()
    last_ms = IntegerField()

    class Meta:
        primary_key = CompositeKey("interface", "gateway", "terminal", "code")

    @classmethod
    def add(cls, interface, gateway, terminal, code, count, now_ms):
        """Count `count` more refusals. Call it inside a transaction."""
        row = cls.insert(
            interface=interface, gateway=gateway, terminal=terminal, code=code, count=count, last_ms=now_ms
        )
        row.on_conflict(
            conflict_target=(cls.interface, cls.gateway, cls.terminal, cls.code),
            update={cls.count: cls.count + SQL("excluded.count"), cls.last_ms: now_ms},
        ).execute()


class Command(Table):
    """What a terminal was asked to do. Numbers only rise, so that a terminal can tell a late one from a new one."""

    terminal_id = TextField()
    gateway = TextField(null=True)  # the id of the gateway it was handed to last
    verb = TextField()
    body = TextField()
    issuer = TextField()
    reason = TextField()
    created_ms = IntegerField()
    expires_ms = IntegerField()
    state = TextField()


class CommandStep(Table):
    """One change of a command's state: when, and what was said."""

    command = ForeignKeyField(Command, backref="steps")
    state = TextField()
    ts_ms = IntegerField()
    result = TextField(null=True)

    class Meta:
        primary_key = CompositeKey("command", "state")


class TerminalStatus(Table):
    """What a terminal said of itself last, as its gateway reported it."""

    terminal_id = TextField(primary_key=True)
    ts_ms = IntegerField()
    body = TextField()


class Image(Table):
    """A signed image for terminals of one board; its bytes lie in DATA/images."""

    image_id = TextField(primary_key=True)
    board = TextField()
    version = TextField()
    size = IntegerField()
    head_size = IntegerField()
    sha256 = TextField()
    added_ms = IntegerField()


class Rollout(Table):
    """One image on its way to the terminals of its board, ring after ring."""

    image = ForeignKeyField(Image)
    rings = TextField()
    ring = IntegerField()
    state = TextField()  # running, halted, done
    why = TextField()
    within_ms = IntegerField()
    failures_most = IntegerField()
    issuer = TextField()
    reason = TextField()
    created_ms = IntegerField()


class RolloutTerminal(Table):
    """One terminal of a rollout: waiting, offered, taken, confirmed or failed, and since when."""

    rollout = ForeignKeyField(Rollout, backref="terminals")
    terminal_id = TextField()
    ring = IntegerField()
    state = TextField()
    since_ms = IntegerField()
    error = TextField()

    class Meta:
        primary_key = CompositeKey("rollout", "terminal_id")


class Installation(Table):
    """How a terminal was put up; the newest record counts, earlier ones stay."""

    terminal = ForeignKeyField(Terminal)
    installed_on = TextField()
    clamp = TextField()
    phase = TextField()  # one of installations.PHASES
    note = TextField()
    file = ForeignKeyField(files.File, null=True)
    actor = TextField()
    ts_ms = IntegerField()

    @classmethod
    def of(cls, terminal):
        """A query of those of a terminal with their photos, the newest first."""
        asked = cls.select(cls, files.File).join(files.File, JOIN.LEFT_OUTER)
        return asked.where(cls.terminal == terminal).order_by(cls.id.desc())


class Registration(Table):
    """How a terminal came to be known: board and version its flasher told, over which way."""

    terminal_id = TextField(primary_key=True)
    board = TextField()
    version = TextField()
    way = TextField()  # network or handover
    registered_ms = IntegerField()

    @classmethod
    def keep(cls, terminal_id, board, version, way, now_ms):
        """Keep the newest. Call it inside a transaction."""
        row = {"terminal_id": terminal_id, "board": board, "version": version, "way": way, "registered_ms": now_ms}
        cls.insert(row).on_conflict(conflict_target=(cls.terminal_id,), update=row).execute()


class RegistrationLine(Table):
    """One line of the flasher's journal about a terminal."""

    terminal_id = TextField()
    number = IntegerField()
    ts_ms = IntegerField()
    body = TextField()

    class Meta:
        primary_key = CompositeKey("terminal_id", "number")

    @classmethod
    def keep(cls, terminal_id, lines):
        """Add the lines that are not there yet, in their order. Call it inside a transaction."""
        there = {row.body for row in cls.select().where(cls.terminal_id == terminal_id)}
        fresh = [body for body in (json.dumps(line, ensure_ascii=False) for line in lines) if body not in there]
        for number, body in enumerate(fresh, len(there) + 1):
            said = json.loads(body).get("ts_ms")
            ts_ms = said if isinstance(said, int) else 0
            cls.create(terminal_id=terminal_id, number=number, ts_ms=ts_ms, body=body)
