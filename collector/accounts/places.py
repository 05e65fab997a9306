"""Institution, department, room: made by name when new."""

from collector import db
from collector.accounts.models import Department, Institution, Room
from collector.errors import ActionError


def room_named(institution, department, room):
    """The Room of these three names; what is missing of the path is made. Raises ActionError on an empty name."""
    names = {"institution": institution, "department": department, "room": room}
    for what, name in names.items():
        if not name.strip():
            raise ActionError(f"the {what} has no name; give one")
    with db.write():
        house, _new = Institution.get_or_create(name=institution.strip())
        ward, _new = Department.get_or_create(institution=house, name=department.strip())
        found, _new = Room.get_or_create(department=ward, name=room.strip())
    return found
