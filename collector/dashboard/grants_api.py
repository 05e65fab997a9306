"""/api/v1/users/N/scopes: what a person is to see, given by number; and the places that can be given."""

from typing import Literal

from flask import abort, g
from msgspec import Struct

from collector import accounts, api
from collector.accounts import Department, Institution, ScopeTold, User, scope_told
from collector.clock import now_ms
from collector.equipment import Equipment
from collector.web import needs
from collector.web.problems import Refused, wrong


class ScopeEntered(Struct):
    """A part of the hospital for a person, until an instant; a vendor takes equipment, a reason and an end."""

    kind: Literal["institution", "department", "equipment"]
    number: api.Number
    why: api.Text = ""
    until_ms: api.Instant | None = None


class PlaceTold(Struct):
    """A place that can be given to see."""

    kind: Literal["institution", "department"]
    number: int
    label: str


door = api.room("grants")


@door.get("/users/places")
@needs("accounts.write")
@api.speaks(list[PlaceTold])
def places():
    """Institutions and departments that can be given to see."""
    found = [PlaceTold("institution", one.id, one.name) for one in Institution.select().order_by(Institution.name)]
    wards = Department.select(Department, Institution).join(Institution).order_by(Department.id)
    return found + [PlaceTold("department", one.id, _label("department", one)) for one in wards]


@door.post("/users/<int:user_id>/scopes")
@needs("accounts.write")
@api.speaks(ScopeTold, status=201, takes=ScopeEntered)
def give(user_id, body):
    """Give a person a part of the hospital to see, from now on."""
    user = User.get_or_none(User.id == user_id) or abort(404)
    if g.user is not None and g.user.id == user_id:
        raise Refused("forbidden", "nobody gives a scope to oneself; ask another security administrator")
    table = {"institution": Institution, "department": Department, "equipment": Equipment}[body.kind]
    found = table.get_or_none(table.id == body.number)
    if found is None:
        what, do = f"is the number of no {body.kind}", "take one that is there"
        raise Refused("field_invalid", "the scope is not given", [wrong("body.number", body.number, what, do)])
    label, now = _label(body.kind, found), now_ms()
    return scope_told(accounts.give_scope(user, body.kind, found.id, label, body.why, now, body.until_ms))


def _label(kind, found):
    if kind == "department":
        return f"{found.institution.name} / {found.name}"
    return f"{found.asset_number} {found.name}" if kind == "equipment" else found.name
