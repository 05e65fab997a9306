"""The one place that says which equipment a person or a program sees; every query about equipment asks it.

A scope is of institutions, departments and single pieces of equipment, each from an instant to another.
"""

from collections import namedtuple

from peewee import SQL

from collector.accounts.models import UserScope
from collector.accounts.roles import ROLES


class Scope(namedtuple("Scope", ("everything", "institutions", "departments", "equipment"))):
    """What is seen: everything, or what stands in one of these institutions or departments, or is one of these."""

    def condition(self, equipment_id, department_id, institution_id):
        """The condition of a query for its rows to be seen, over the three columns that say where a row stands."""
        if self.everything:
            return SQL("1 = 1")
        return (
            equipment_id.in_(self.equipment)
            | department_id.in_(self.departments)
            | institution_id.in_(self.institutions)
        )

    def holds(self, equipment_id, department_id, institution_id):
        """Whether one row is seen, by the three numbers that say where it stands."""
        if self.everything or equipment_id in self.equipment:
            return True
        return department_id in self.departments or institution_id in self.institutions


EVERYTHING = Scope(True, (), (), ())
NOTHING = Scope(False, (), (), ())


def scope_of(user, now_ms):
    """The Scope of a User at an instant; nothing for who has an end or no scope that holds now."""
    if user.disabled_ms is not None:
        return NOTHING
    if ROLES[user.role].sees_everything:
        return EVERYTHING
    held = list(UserScope.held_by(user, now_ms))
    kinds = ("institution_id", "department_id", "equipment_id")
    return Scope(False, *(tuple(getattr(one, kind) for one in held if getattr(one, kind)) for kind in kinds))
