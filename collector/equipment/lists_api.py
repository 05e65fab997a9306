"""/api/v1/me/lists: lists of the register that one keeps; /api/v1/labels: the terminal of a label in a picture."""

import io
from typing import Annotated

from flask import abort, g
from msgspec import Meta, Struct

from collector import api
from collector.clock import now_ms
from collector.equipment.labels import LabelRefused, bindable, id_in_picture
from collector.equipment.lists import COLUMNS_MOST, NAME_MOST, keep_list, remove_list
from collector.equipment.models import RegisterView
from collector.web import needs, scope
from collector.web.problems import of_bytes

Column = Annotated[str, Meta(pattern=r"^[a-z_]{1,40}$")]


class ListTold(Struct):
    """A list that one keeps: filters, empty where everything counts, and the columns it shows."""

    id: int
    name: str
    text: str
    kind: str
    department: str
    columns: list[str]


class ListEntered(Struct):
    """A list to keep, in place of one's own of the same name."""

    name: Annotated[api.Said, Meta(max_length=NAME_MOST)]
    text: api.Text = ""
    kind: api.Text = ""
    department: api.Text = ""
    columns: Annotated[list[Column], Meta(max_length=COLUMNS_MOST)] = []


class LabelTold(Struct):
    """The terminal that a label names, and the numbers of the equipment it is bound to now."""

    terminal_id: str
    bound_to: list[int]


door = api.room("lists")


@door.get("/me/lists")
@needs("equipment.read")
@api.speaks(list[ListTold])
def lists():
    """The lists one keeps, by name; none for a token of no person."""
    return [_told(one) for one in (RegisterView.of(g.user.id) if g.user else ())]


@door.post("/me/lists")
@needs("own")
@api.speaks(ListTold, status=201, takes=ListEntered)
def keep(body):
    """Keep a list."""
    asked = {"text": body.text, "kind": body.kind, "department": body.department}
    keep_list(g.user, body.name, asked, body.columns)
    return next(_told(one) for one in RegisterView.of(g.user.id) if one[1] == body.name.strip())


@door.delete("/me/lists/<int:number>")
@needs("own")
@api.speaks(None, status=204)
def remove(number):
    """Keep it no longer."""
    if not remove_list(g.user, number):
        abort(404)


@door.post("/labels")
@needs("equipment.write")
@api.speaks(LabelTold, takes=(api.BYTES,))
def read_label(body):
    """Read the label of a terminal in a picture (JPEG, PNG, WebP); nothing is bound yet."""
    try:
        terminal_id = id_in_picture(io.BytesIO(body))
        return LabelTold(terminal_id, sorted({one.equipment_id for one in bindable(terminal_id, scope(), now_ms())}))
    except LabelRefused as refused:
        raise of_bytes(refused) from refused


def _told(one):
    number, name, asked = one
    return ListTold(number, name, *(asked[field] for field in ("text", "kind", "department")), asked["column"])
