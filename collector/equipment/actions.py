"""Registering equipment and binding terminals to it: each action is one transaction."""

import json

from collector import audit, db
from collector.accounts import room_named
from collector.equipment.fields import KINDS, PLACE, checked
from collector.equipment.models import CHANNEL_GROUPS, PLACES, Binding, Equipment, EquipmentChange
from collector.errors import ActionError
from collector.gateways import terminal_named


def add_equipment(fields, now_ms):
    """The new Equipment of a dict of the register's fields (fields.py), as texts. Raises ActionError.

    Institution, department and room are made when new.
    """
    values = _checked(fields)
    with db.write():
        if Equipment.get_or_none(Equipment.asset_number == values["asset_number"]):
            raise ActionError(f"there is equipment with asset number {values['asset_number']!r} already")
        room = room_named(*(values[name] for name in PLACE))
        said = {name: value for name, value in values.items() if value is not None}
        audit.note("equipment.add", f"equipment {values['asset_number']}", after=said)
        about = {name: value for name, value in values.items() if name not in PLACE}
        return Equipment.create(room=room, created_ms=now_ms, **about)


def change_equipment(equipment, fields, now_ms, reason=""):
    """{field: (before, after)} of what changed in the register by a dict of all its fields. Raises ActionError."""
    values, told = _checked(fields), equipment.told()
    changed = {name: (told[name], value) for name, value in values.items() if value != told[name]}
    if not changed:
        return changed
    before = {name: old for name, (old, _new) in changed.items()}
    after = {name: new for name, (_old, new) in changed.items()}
    with db.write():
        taken = Equipment.asset_number == values["asset_number"]
        if Equipment.select().where(taken & (Equipment.id != equipment.id)).exists():
            raise ActionError(f"there is equipment with asset number {values['asset_number']!r} already")
        about = {name: value for name, value in after.items() if name not in PLACE}
        if set(changed) & set(PLACE):
            about["room"] = room_named(*(values[name] for name in PLACE))
        Equipment.update(about).where(Equipment.id == equipment.id).execute()
        texts = [json.dumps(said, ensure_ascii=False) for said in (before, after)]
        actor = audit.acting().name
        EquipmentChange.create(
            equipment=equipment, ts_ms=now_ms, actor=actor, before=texts[0], after=texts[1], reason=reason
        )
        said = after | ({"reason": reason} if reason else {})
        audit.note("equipment.change", f"equipment {told['asset_number']}", before, said)
    return changed


def _checked(fields):
    values, wrong = checked(fields)
    empty = [name for name, what in wrong.items() if what == "empty"]
    if empty:
        raise ActionError(f"the equipment lacks {', '.join(empty)}; give a text for each")
    for name, what in wrong.items():
        hint = f"take one of {', '.join(KINDS)}" if name == "kind" else "`equipment add --help` names them"
        raise ActionError(f"the {name} {str(fields.get(name))[:40]!r} is not known ({what}); {hint}")
    return values


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


def unbind(binding, now_ms):
    """End a Binding now: what its terminal says from now on is of no equipment. Raises ActionError when it has an end.

    The register keeps it as history.
    """
    with db.write():
        open_one = (Binding.id == binding.id) & Binding.to_ms.is_null()
        if not Binding.update(to_ms=max(now_ms, binding.from_ms + 1)).where(open_one).execute():
            raise ActionError(f"the binding of {binding.terminal_id} has an end already; look at its history")
        before = {"equipment": binding.equipment.asset_number, "group": binding.channel_group}
        audit.note("terminal.unbind", f"terminal {binding.terminal_id}", before)


def _open_bindings(terminal_id, group):
    """The bindings of a terminal without an end that share a channel with a group."""
    open_ones = Binding.select().where((Binding.terminal_id == terminal_id) & Binding.to_ms.is_null())
    return [one for one in open_ones if set(one.channels) & set(CHANNEL_GROUPS[group])]
