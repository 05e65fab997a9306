"""/api/v1 for places: institutions, departments and rooms inside the scope."""

from msgspec import Struct

from collector import api
from collector.accounts import Department, Institution, Room
from collector.equipment.places import departments, institutions, rooms
from collector.web import needs, scope


class InstitutionTold(Struct):
    """An institution."""

    id: int
    name: str


class DepartmentTold(Struct):
    """A department of an institution."""

    id: int
    name: str
    institution_id: int


class DepartmentsAsked(api.Paged):
    """Departments of one institution, or of all."""

    institution_id: api.Number | None = None


class RoomTold(Struct):
    """A room of a department."""

    id: int
    name: str
    department_id: int


class RoomsAsked(api.Paged):
    """Rooms of one department, or of all."""

    department_id: api.Number | None = None


door = api.room("places")


@door.get("/institutions")
@needs("equipment.read")
@api.speaks(api.Page[InstitutionTold], asks=api.Paged)
def list_institutions(asked):
    """Institutions inside the scope."""
    return api.page(institutions(scope()), Institution.id, asked, lambda one: InstitutionTold(one.id, one.name))


@door.get("/departments")
@needs("equipment.read")
@api.speaks(api.Page[DepartmentTold], asks=DepartmentsAsked)
def list_departments(asked):
    """Departments inside the scope."""
    rows = departments(scope())
    if asked.institution_id is not None:
        rows = rows.where(Department.institution == asked.institution_id)
    return api.page(rows, Department.id, asked, lambda one: DepartmentTold(one.id, one.name, one.institution_id))


@door.get("/rooms")
@needs("equipment.read")
@api.speaks(api.Page[RoomTold], asks=RoomsAsked)
def list_rooms(asked):
    """Rooms inside the scope."""
    rows = rooms(scope())
    if asked.department_id is not None:
        rows = rows.where(Room.department == asked.department_id)
    return api.page(rows, Room.id, asked, lambda one: RoomTold(one.id, one.name, one.department_id))
