"""The limits that people set, each with its source, reason and days; and the question which one holds."""

from collections import namedtuple

from peewee import FloatField, ForeignKeyField, IntegerField, TextField, fn

from collector.accounts import EVERYTHING, Department, Room
from collector.db import Table
from collector.environment.defaults import DEFAULTS
from collector.environment.inherit import Rule, Target, nearest
from collector.equipment import Binding, Equipment


class EnvironmentLimit(Table):
    """One rule for one target, indicator and place, from_ms <= instant < to_ms; never changed, only followed."""

    kind = TextField(null=True)
    maker = TextField(null=True)
    model = TextField(null=True)
    equipment = ForeignKeyField(Equipment, null=True)
    channel = TextField()
    what = TextField()
    place = TextField()
    low_alarm = FloatField(null=True)
    low_warning = FloatField(null=True)
    high_warning = FloatField(null=True)
    high_alarm = FloatField(null=True)
    source = TextField()
    from_ms = IntegerField()
    to_ms = IntegerField(null=True)
    reason = TextField()
    actor = TextField()
    created_ms = IntegerField()

    @classmethod
    def rules(cls, target=None):
        """[Rule] of everything that was ever set, oldest first, or of one target."""
        rows = cls.select(*_columns(cls)).order_by(cls.id)
        for field, part in zip(_target_of(cls), target or (), strict=False):
            rows = rows.where(field.is_null() if part is None else field == part)
        return [_rule(*row) for row in rows.tuples()]

    @classmethod
    def reaching(cls, scope):
        """A query of those that reach equipment inside a scope."""
        if scope.everything:
            return cls.select()
        some = machines(scope)
        reach = cls.equipment << [machine.id for machine in some]
        for kind, maker, model in {machine[2:5] for machine in some}:
            own = (cls.maker.is_null() | (cls.maker == maker)) & (cls.model.is_null() | (cls.model == model))
            reach |= (cls.kind == kind) & own
        return cls.select().where(reach)

    @classmethod
    def numbered(cls, number):
        """The Rule of a row's number, or None."""
        row = cls.select(*_columns(cls)).where(cls.id == number).tuples().first()
        return row and _rule(*row)


def _target_of(table):
    return table.kind, table.maker, table.model, table.equipment


def _columns(table):
    """The fields of a Rule, with its target's in their place."""
    names = Rule._fields[Rule._fields.index("channel") :]
    return (table.id, *_target_of(table), *(getattr(table, name) for name in names))


def _rule(number, kind, maker, model, equipment_id, *rest):
    return Rule(number, Target(kind, maker, model, equipment_id), *rest)


def all_rules():
    """[Rule] of defaults and of everything that was ever set."""
    return [*DEFAULTS, *EnvironmentLimit.rules()]


def version():
    """A number that grows with every change of the limits: who keeps them in memory asks it."""
    return EnvironmentLimit.select(fn.COALESCE(fn.MAX(EnvironmentLimit.id), 0)).scalar()


def limits(equipment_id, ts_ms, place="equipment"):
    """{Indicator: Rule} valid for an equipment at an instant, for a terminal that hangs at a place of it.

    {} for a number that no equipment has.
    """
    machine = Equipment.get_or_none(Equipment.id == equipment_id)
    return nearest(all_rules(), machine, place, ts_ms) if machine else {}


class Limits:
    """What holds at an instant, read once for many equipment."""

    def __init__(self, ts_ms):
        self._ts_ms, self._rules = ts_ms, all_rules()
        self._named = {rule.target.equipment_id for rule in self._rules}

    def key_of(self, machine, place):
        """What is the same for equipment to which the same limits apply."""
        own = machine.id if machine.id in self._named else None
        return machine.kind, machine.maker, machine.model, own, place

    def of(self, machine, place):
        """{Indicator: Rule}, as `limits` gives it."""
        return nearest(self._rules, machine, place, self._ts_ms)


Machine = namedtuple("Machine", ("id", "name", "kind", "maker", "model", "department", "room"))


def machines(scope):
    """[Machine] of all equipment inside a scope, by name: what the inheritance of limits asks, and where it stands."""
    fields = (Equipment.id, Equipment.name, Equipment.kind, Equipment.maker, Equipment.model)
    rows = Equipment.select(*fields, Department.name, Room.name).join(Room).join(Department)
    rows = rows.where(Equipment.inside(scope)).order_by(Equipment.name, Equipment.id)
    return [Machine(*row) for row in rows.tuples()]


def terminals_of(now_ms, number=None):
    """[(number of the equipment, terminal_id, channel group, place, from_ms)] of bindings valid now, of one or all."""
    rows = Binding.valid_at(now_ms) if number is None else Binding.of([number], now_ms)
    fields = (Binding.equipment, Binding.terminal_id, Binding.channel_group, Binding.place, Binding.from_ms)
    return list(rows.select(*fields).tuples())


def reached_by(target, scope):
    """[Machine] inside a scope that a Target reaches."""
    return [machine for machine in machines(scope) if target.reaches(machine)]


def outside_too(target, scope):
    """Whether a Target reaches equipment that stands outside a scope, too."""
    if scope.everything:
        return False
    seen = {machine.id for machine in machines(scope)}
    return any(machine.id not in seen for machine in reached_by(target, EVERYTHING))
