"""The equipment whose health is watched, and which terminal watches it from when to when."""

import json
from collections import namedtuple

import numpy as np
from peewee import ForeignKeyField, IntegerField, TextField

from collector import db, files
from collector.accounts import Department, Institution, Room, User
from collector.db import Table
from collector.equipment.fields import NAMES
from firmware.protocol.channels import CHANNELS

DOCUMENT_KINDS = ("photo", "manual", "licence", "acceptance", "certificate", "contract", "other")
OF_BUYING_KINDS = ("contract",)  # for those who keep the register
PLACES = ("equipment", "magnet", "control", "supply")

_SURROUNDINGS = ("temperature_c", "humidity_pct")
WHOLE = "all"  # the group of all channels
CHANNEL_GROUPS = {
    WHOLE: tuple(channel.name for channel in CHANNELS),
    "surroundings": _SURROUNDINGS,
    "supply": tuple(channel.name for channel in CHANNELS if channel.name not in _SURROUNDINGS),
}


Held = namedtuple("Held", ("binding_id", "equipment_id", "channels", "place", "from_ms", "to_ms"))  # of a Binding
Type = namedtuple("Type", ("id", "kind", "maker", "model"))  # of an Equipment


class Equipment(Table):
    """One machine of the hospital."""

    asset_number = TextField(unique=True)
    name = TextField()
    kind = TextField()
    maker = TextField()
    model = TextField()
    serial = TextField()
    room = ForeignKeyField(Room)
    created_ms = IntegerField()
    category = TextField(null=True)
    catalogue_year = IntegerField(null=True)
    udi = TextField(null=True)
    licence_number = TextField(null=True)
    licence_model = TextField(null=True)
    licence_installed_on = TextField(null=True)
    accepted_on = TextField(null=True)
    expected_years = IntegerField(null=True)
    warranty_until = TextField(null=True)
    contract = TextField(null=True)
    contract_until = TextField(null=True)
    supplier = TextField(null=True)
    price_cents = IntegerField(null=True)

    def told(self):
        """{field: value} as the register says it."""
        ward = self.room.department
        place = {"institution": ward.institution.name, "department": ward.name, "room": self.room.name}
        return {name: place[name] if name in place else getattr(self, name) for name in NAMES}

    @classmethod
    def of_numbers(cls, asset_numbers):
        """Those of some asset numbers that are taken."""
        return [number for (number,) in cls.select(cls.asset_number).where(cls.asset_number << asset_numbers).tuples()]

    @classmethod
    def add_many(cls, rows):
        """Add equipment of dicts of its columns."""
        rows = list(rows)
        names = list(rows[0])
        columns = ", ".join(cls._meta.fields[name].column_name for name in names)
        sql = f"INSERT INTO equipment ({columns}) VALUES ({', '.join('?' * len(names))})"
        db.write_many(sql, [tuple(row[name] for name in names) for row in rows])

    @classmethod
    def everything(cls):
        """All equipment with room, department and institution, by name."""
        return list(cls._with_places().order_by(cls.name, cls.id))

    @classmethod
    def _with_places(cls):
        return cls.select(cls, Room, Department, Institution).join(Room).join(Department).join(Institution)

    @classmethod
    def kinds(cls):
        """{number: kind} of all equipment."""
        return dict(db.rows("SELECT id, kind FROM equipment"))

    @classmethod
    def types(cls):
        """{number: Type} of all equipment: what rules ask of ten thousand, without opening each."""
        return {row[0]: Type(*row) for row in db.rows("SELECT id, kind, maker, model FROM equipment")}

    @classmethod
    def numbers(cls, scope):
        """The numbers of all equipment inside a scope, by name, as an array."""
        if scope.everything:
            return db.numbers(1, "SELECT id FROM equipment ORDER BY name, id")[:, 0]
        asked = cls.select(cls.id).join(Room).join(Department).where(cls.inside(scope))
        return np.array([number for (number,) in asked.order_by(cls.name, cls.id).tuples()], np.int64)

    @classmethod
    def inside(cls, scope):
        """The condition of a query over equipment, room and department for what a scope lets be seen."""
        return scope.condition(cls.id, Room.department, Department.institution)

    @classmethod
    def seen(cls, scope, number):
        """The equipment of a number with its places, or None when there is none inside the scope."""
        return cls._with_places().where((cls.id == number) & cls.inside(scope)).first()

    @classmethod
    def registered(cls, scope, text="", kind="", department=""):
        """A query of the equipment inside a scope that holds a text, is of a kind, stands in a department."""
        asked = cls.holding(scope, text) if text else cls._with_places().where(cls.inside(scope)).order_by(cls.name)
        if kind:
            asked = asked.where(cls.kind == kind)
        return asked.where(Department.name == department) if department else asked

    @classmethod
    def holding(cls, scope, text):
        """A query of the equipment inside a scope whose asset number, serial number, name or room holds a text."""
        fields = (cls.asset_number, cls.serial, cls.name, Room.name)
        holds = fields[0].contains(text)
        for field in fields[1:]:
            holds |= field.contains(text)
        return cls._with_places().where(cls.inside(scope) & holds).order_by(cls.name, cls.id)

    @classmethod
    def numbered(cls, numbers):
        """The equipment of these numbers with room, department and institution, in their order."""
        found = {one.id: one for one in cls._with_places().where(cls.id << numbers)}
        return [found[number] for number in numbers if number in found]


class EquipmentChange(Table):
    """One change of what the register says; before and after are JSON of the fields that changed."""

    equipment = ForeignKeyField(Equipment, backref="changes")
    ts_ms = IntegerField()
    actor = TextField()
    before = TextField()
    after = TextField()
    reason = TextField(default="")


class RegisterView(Table):
    """A list of the register that somebody keeps; `asked` is JSON of its filters and columns."""

    user = ForeignKeyField(User)
    name = TextField()
    asked = TextField()

    @classmethod
    def of(cls, user_id):
        """[(number, name, {what was asked})] of a person, by name."""
        found = cls.select().where(cls.user == user_id).order_by(cls.name)
        return [(one.id, one.name, json.loads(one.asked)) for one in found]

    @classmethod
    def count_beside(cls, user_id, name):
        """How many a person keeps under other names than this."""
        return cls.select().where((cls.user == user_id) & (cls.name != name)).count()

    @classmethod
    def keep(cls, user_id, name, asked):
        """Keep one, in place of what had its name. Call it inside a transaction."""
        cls.delete().where((cls.user == user_id) & (cls.name == name)).execute()
        cls.create(user=user_id, name=name, asked=asked)


class Document(Table):
    """A file about one piece of equipment; `why` it was removed, when it was."""

    equipment = ForeignKeyField(Equipment)
    file = ForeignKeyField(files.File)
    kind = TextField()
    about = TextField()
    removed_by = TextField(null=True)
    why = TextField(null=True)

    @classmethod
    def there(cls, equipment, hidden=()):
        """A query of those of an equipment that are not removed, nor of a kind that is hidden, the newest first."""
        asked = cls.select(cls, files.File, Equipment).join(files.File).switch(cls).join(Equipment)
        asked = asked.where((cls.equipment == equipment) & cls.why.is_null() & cls.kind.not_in(hidden))
        return asked.order_by(cls.id.desc())

    @classmethod
    def removed(cls, equipment, hidden=()):
        """A query of those that were removed."""
        asked = cls.select(cls, files.File).join(files.File).order_by(cls.id.desc())
        return asked.where((cls.equipment == equipment) & ~cls.why.is_null() & cls.kind.not_in(hidden))


class Binding(Table):
    """Which channels of a terminal speak of which equipment, and where it hangs, from_ms <= ts < to_ms."""

    terminal_id = TextField()
    channel_group = TextField()
    equipment = ForeignKeyField(Equipment, backref="bindings")
    place = TextField()
    from_ms = IntegerField()
    to_ms = IntegerField(null=True)

    @property
    def channels(self):
        """The names of the channels it is about."""
        return CHANNEL_GROUPS[self.channel_group]

    @classmethod
    def valid_at(cls, now_ms):
        """All bindings valid at an instant."""
        return cls.select().where((cls.from_ms <= now_ms) & (cls.to_ms.is_null() | (cls.to_ms > now_ms)))

    @classmethod
    def spoken_of(cls, now_ms):
        """[(number of the equipment, terminal_id, channel group, from_ms)] of all bindings valid at an instant."""
        sql = "SELECT equipment_id, terminal_id, channel_group, from_ms FROM binding "
        return db.rows(sql + "WHERE from_ms <= ? AND (to_ms IS NULL OR to_ms > ?)", (now_ms, now_ms))

    @classmethod
    def heard(cls, numbered, now_ms):
        """Rows of (equipment's number, terminal's number, 1 where only some channels count, from_ms).

        Of all bindings valid at an instant whose terminals have numbers. `numbered`: SQL of (terminal_id, terminal_no).
        """
        sql = (
            "SELECT equipment_id, terminal_no, CASE channel_group WHEN ? THEN 0 ELSE 1 END, from_ms "
            f"FROM binding JOIN ({numbered}) AS numbered ON numbered.terminal_id = binding.terminal_id "
            "WHERE from_ms <= ? AND (to_ms IS NULL OR to_ms > ?)"
        )
        return db.numbers(4, sql, (WHOLE, now_ms, now_ms))

    @classmethod
    def mark(cls):
        """What is another one as soon as a binding has begun or ended."""
        return db.rows("SELECT count(*), coalesce(max(id), 0), coalesce(sum(to_ms), 0) FROM binding")[0]

    @classmethod
    def held(cls):
        """{terminal_id: [Held]} of all bindings there ever were, those of a terminal oldest first."""
        sql = "SELECT terminal_id, id, equipment_id, channel_group, place, from_ms, to_ms FROM binding ORDER BY from_ms"
        found = {}
        for terminal_id, number, equipment_id, group, *rest in db.rows(sql):
            found.setdefault(terminal_id, []).append(Held(number, equipment_id, CHANNEL_GROUPS[group], *rest))
        return found

    @staticmethod
    def held_of(binding):
        """The Held of one."""
        where = (binding.place, binding.from_ms, binding.to_ms)
        return Held(binding.id, binding.equipment_id, binding.channels, *where)

    @classmethod
    def of(cls, equipment_ids, now_ms):
        """The bindings of some equipment valid at an instant."""
        return cls.valid_at(now_ms).where(cls.equipment << equipment_ids)

    @classmethod
    def of_terminal(cls, terminal_id):
        """The bindings of a terminal with their equipment and its places, the newest first."""
        rows = cls.select(cls, Equipment, Room, Department).join(Equipment).join(Room).join(Department)
        return list(rows.where(cls.terminal_id == terminal_id).order_by(cls.from_ms.desc()))

    @classmethod
    def is_free(cls, terminal_id, scope, now_ms):
        """Whether who has this scope may bind a terminal: it speaks of nothing now that stands outside."""
        if scope.everything:
            return True
        held = list(cls.valid_at(now_ms).where(cls.terminal_id == terminal_id))
        return all(one.is_inside(scope) for one in held)

    @classmethod
    def of_equipment(cls, equipment):
        """The bindings an equipment has and had, the newest first."""
        return list(cls.select().where(cls.equipment == equipment).order_by(cls.from_ms.desc(), cls.id.desc()))

    def is_inside(self, scope):
        """Whether its equipment, with room and department, is inside a scope."""
        return Equipment.seen(scope, self.equipment_id) is not None

    @classmethod
    def terminals_inside(cls, scope, now_ms):
        """The ids of the terminals that are bound now to equipment inside a scope."""
        rows = cls.valid_at(now_ms).select(cls.terminal_id).join(Equipment).join(Room).join(Department)
        return {terminal_id for (terminal_id,) in rows.where(Equipment.inside(scope)).tuples()}

    @classmethod
    def within(cls, equipment, from_ms, to_ms):
        """The bindings of one equipment that hold at any time of a span, oldest first."""
        of = cls.select().where((cls.equipment == equipment) & (cls.from_ms < to_ms))
        return of.where(cls.to_ms.is_null() | (cls.to_ms > from_ms)).order_by(cls.from_ms)
