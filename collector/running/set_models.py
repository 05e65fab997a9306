"""The settings of use that people made, and whom each reaches."""

from collections import namedtuple
from datetime import date

from peewee import ForeignKeyField, IntegerField, TextField

from collector.accounts import Department, Institution, Room
from collector.db import Table
from collector.equipment import Equipment
from collector.running.supply import Setting, Target, holding

Machine = namedtuple("Machine", "equipment_id kind department_id institution_id name")


class UseSetting(Table):
    """One value for one target from a day on; never changed, only followed."""

    institution = ForeignKeyField(Institution, null=True)
    department = ForeignKeyField(Department, null=True)
    kind = TextField(null=True)
    equipment = ForeignKeyField(Equipment, null=True)
    name = TextField()
    value = TextField(null=True)
    from_on = TextField()
    reason = TextField()
    actor = TextField()
    created_ms = IntegerField()

    @classmethod
    def settings(cls):
        """[Setting] of all that was ever set, the oldest first."""
        return [one.told() for one in cls.select().order_by(cls.id)]

    def told(self):
        """The Setting."""
        target = Target(self.institution_id, self.department_id, self.kind, self.equipment_id)
        about = self.name, self.value, date.fromisoformat(self.from_on), self.reason, self.actor, self.created_ms
        return Setting(self.id, target, *about)


def machines(scope):
    """[Machine] of all equipment inside a scope, by name."""
    fields = Equipment.id, Equipment.kind, Department.id, Department.institution, Equipment.name
    rows = Equipment.select(*fields).join(Room).join(Department).where(Equipment.inside(scope))
    return [Machine(*row) for row in rows.order_by(Equipment.name, Equipment.id).tuples()]


def machine_of(equipment):
    """The Machine of an Equipment."""
    department = equipment.room.department
    return Machine(equipment.id, equipment.kind, department.id, department.institution_id, equipment.name)


def held_by(equipment, on):
    """{name: Held} of an Equipment on a date."""
    return holding(UseSetting.settings(), machine_of(equipment), on)


def seen(scope):
    """[Setting] of those that reach equipment inside a scope, the oldest first."""
    some = machines(scope)
    return [one for one in UseSetting.settings() if any(one.target.reaches(machine) for machine in some)]


def may_set(target, scope):
    """Whether all that a Target reaches, today and later, lies inside a scope."""
    if target.equipment_id is not None:
        return Equipment.seen(scope, target.equipment_id) is not None
    department = target.department_id and Department.get_or_none(Department.id == target.department_id)
    institution_id = department.institution_id if department else target.institution_id
    if scope.everything:
        return True
    return target.kind is None and (target.department_id in scope.departments or institution_id in scope.institutions)
