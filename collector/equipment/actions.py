"""Registering equipment and binding terminals to it: each action is one transaction."""

from collector import audit, db
from collector.accounts import room_named
from collector.equipment.models import CHANNEL_GROUPS, KINDS, PLACES, Binding, Equipment
from collector.errors import ActionError
from collector.gateways import terminal_named

PLACE_FIELDS = ("institution", "department", "room")


def add_equipment(fields, now_ms):
    """The new Equipment of a dict with asset_number, name, kind, maker, model, serial, institution, department, room.

    Institution, department and room are made when new. Raises ActionError.
    """
    fields = {name: text.strip() for name, text in fields.items()}
    empty = [name for name, text in fields.items() if not text]
    if empty:
        raise ActionError(f"the equipment lacks {', '.join(empty)}; give a text for each")
    if fields["kind"] not in KINDS:
        raise ActionError(f"the kind {fields['kind']!r} is not known; take one of {', '.join(KINDS)}")
    about = {name: text for name, text in fields.items() if name not in PLACE_FIELDS}
    with db.write():
        if Equipment.get_or_none(Equipment.asset_number == fields["asset_number"]):
            raise ActionError(f"there is equipment with asset number {fields['asset_number']!r} already")
        room = room_named(*(fields[name] for name in PLACE_FIELDS))
        audit.note("equipment.add", f"equipment {fields['asset_number']}", after=fields)
        return Equipment.create(room=room, created_ms=now_ms, **about)


def equipment_named(asset_number):
    """The Equipment of an asset number. Raises ActionError."""
    found = Equipment.get_or_none(Equipment.asset_number == asset_number)
    if found is None:
        raise ActionError(f"there is no equipment with asset number {asset_number!r}; `equipment list` names them")
    return found


def bind(terminal_id, asset_number, now_ms, from_ms=None, group="all", place="equipment"):
    """The new Binding; what of the terminal was bound before ends where this begins. Raises ActionError.

    Without from_ms a terminal's first binding covers all it ever measured, a later one begins now.
    """
    for text, allowed, what in ((group, CHANNEL_GROUPS, "channel group"), (place, PLACES, "place")):
        if text not in allowed:
            raise ActionError(f"the {what} {text!r} is not known; take one of {', '.join(allowed)}")
    with db.write():
        terminal_named(terminal_id)
        equipment = equipment_named(asset_number)
        if from_ms is None:
            from_ms = now_ms if Binding.get_or_none(Binding.terminal_id == terminal_id) else 0
        before = []
        for old in _open_bindings(terminal_id, group):
            if old.from_ms >= from_ms:
                raise ActionError(f"{terminal_id} is bound from {old.from_ms} on; begin later than that")
            old.to_ms = from_ms
            old.save()
            before.append({"equipment": old.equipment.asset_number, "group": old.channel_group, "from_ms": old.from_ms})
        after = {"equipment": asset_number, "group": group, "place": place, "from_ms": from_ms}
        audit.note("terminal.bind", f"terminal {terminal_id}", before or None, after)
        return Binding.create(
            terminal_id=terminal_id, channel_group=group, equipment=equipment, place=place, from_ms=from_ms
        )


def _open_bindings(terminal_id, group):
    """The bindings of a terminal without an end that share a channel with a group."""
    open_ones = Binding.select().where((Binding.terminal_id == terminal_id) & Binding.to_ms.is_null())
    return [one for one in open_ones if set(one.channels) & set(CHANNEL_GROUPS[group])]
