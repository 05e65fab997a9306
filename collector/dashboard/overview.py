"""All equipment with the state of its data and its last values."""

from collector import readings
from collector.dashboard.freshness import ORDER, state_of
from collector.equipment import Binding, Equipment
from collector.web.words import decimals
from firmware.protocol.channels import BY_NAME

SHOWN = ("current_a", "temperature_c", "humidity_pct", "voltage_v")


def overview(settings, now_ms):
    """[entry] of all equipment, what needs a person first."""
    bindings = {}
    for binding in Binding.valid_at(now_ms):
        bindings.setdefault(binding.equipment_id, []).append(binding)
    latest = _latest_by_terminal([one.terminal_id for some in bindings.values() for one in some])
    entries = [entry(one, bindings.get(one.id, ()), latest, settings, now_ms) for one in Equipment.everything()]
    return sorted(entries, key=lambda entry: ORDER.index(entry["state"]))


def entry_of(equipment, settings, now_ms):
    """The entry of one equipment."""
    bindings = [one for one in Binding.valid_at(now_ms) if one.equipment_id == equipment.id]
    return entry(equipment, bindings, _latest_by_terminal([one.terminal_id for one in bindings]), settings, now_ms)


def _latest_by_terminal(terminal_ids):
    latest = {}
    for one in readings.latest(terminal_ids):
        latest.setdefault(one.terminal_id, {})[one.channel] = one
    return latest


def entry(equipment, bindings, latest, settings, now_ms):
    """One equipment as the overview, its page and the API say it. A channel never measured is absent."""
    found = [
        one
        for binding in bindings
        for channel, one in latest.get(binding.terminal_id, {}).items()
        if channel in binding.channels and one.ts_ms >= binding.from_ms
    ]
    newest = max((one.ts_ms for one in found), default=None)
    age_s = None if newest is None else max(0, now_ms - newest) // 1000
    return {
        "id": equipment.id,
        "name": equipment.name,
        "kind": equipment.kind,
        "asset_number": equipment.asset_number,
        "room": equipment.room.name,
        "department": equipment.room.department.name,
        "state": state_of(age_s, settings["late_after_s"], settings["silent_after_s"]),
        "age_s": age_s,
        "latest_ms": newest,
        "values": _values(found),
    }


def _values(found):
    """{channel: value with its unit and instant}; of two terminals the newer one speaks."""
    values = {}
    for one in sorted(found, key=lambda one: one.ts_ms):
        if one.channel in SHOWN:
            unit, digits = BY_NAME[one.channel].unit, decimals(one.channel)
            values[one.channel] = {"value": one.value, "unit": unit, "decimals": digits, "ts_ms": one.ts_ms}
    return {channel: values[channel] for channel in SHOWN if channel in values}
