"""Institutions, departments and rooms inside a scope, and where equipment may be put: what is outside is not there."""

from collector.accounts import Department, Institution, Room
from collector.equipment.models import Equipment
from collector.notify import Choices


def may_stand(scope, institution, department):
    """Whether who has this scope may put equipment there: inside the scope, or anywhere for who sees everything."""
    if scope.everything:
        return True
    found = Department.select(Department.id, Department.institution).join(Institution)
    found = found.where((Institution.name == institution) & (Department.name == department)).first()
    return found is not None and (found.id in scope.departments or found.institution_id in scope.institutions)


def institutions(scope):
    """A query of the Institutions that a scope names, holds a part of, or has equipment in."""
    if scope.everything:
        return Institution.select()
    of = Department.select(Department.institution).where(Department.id << scope.departments)
    inside = Institution.id.in_(scope.institutions) | Institution.id.in_(of)
    return Institution.select().where(inside | Institution.id.in_(_of_equipment(scope, Department.institution)))


def departments(scope):
    """A query of the Departments with their institutions."""
    rows = Department.select(Department, Institution).join(Institution)
    if scope.everything:
        return rows
    inside = Department.id.in_(scope.departments) | Department.institution.in_(scope.institutions)
    return rows.where(inside | Department.id.in_(_of_equipment(scope, Room.department)))


def rooms(scope):
    """A query of the Rooms with their departments."""
    rows = Room.select(Room, Department).join(Department)
    if scope.everything:
        return rows
    inside = Room.department.in_(scope.departments) | Department.institution.in_(scope.institutions)
    return rows.where(inside | Room.id.in_(_of_equipment(scope, Room.id)))


def choices():
    """What a route of messages may be of: every department, every equipment."""
    machines = Equipment.select(Equipment.asset_number, Equipment.id, Equipment.name).order_by(Equipment.asset_number)
    names = Department.select(Department.name).distinct().order_by(Department.name)
    return Choices([one.name for one in names], {asset: (number, name) for asset, number, name in machines.tuples()})


def _of_equipment(scope, column):
    """A query of one column of the places where equipment inside a scope stands."""
    return Equipment.select(column).join(Room).join(Department).where(Equipment.inside(scope))
