"""What the edges of rules mean for events: raised, worse, over, or over long ago."""

from collector import readings
from collector.events import occurrences
from collector.events.conditions import leaves
from collector.events.models import Event
from collector.readings import columns


def let_go(unit, keys, now_ms):
    """What was raised under these keys is over."""
    for key in keys:
        event = Event.raised_of(unit.terminal_id, key, unit.equipment_id)
        if event is not None:
            occurrences.cleared(event, now_ms, now_ms)


def keep_edge(entry, line, edge, unit, values, now_ms):
    """What an Edge means for the event of its rule."""
    if edge.raised and line.key == line.rule:
        found = _found(entry, line, edge.since_ms, unit, values)
        occurrences.raised(found, edge.ts_ms, now_ms, {"values": values})
        return
    event = Event.raised_of(unit.terminal_id, line.rule, unit.equipment_id)
    if edge.raised and event is not None:
        occurrences.worse(event, line.severity, _said(line, values), now_ms)
    elif not edge.raised and event is not None and line.key == line.rule:
        occurrences.cleared(event, edge.ts_ms, now_ms)


def keep_late(entries, edges, unit, some, now_ms):
    """Whether late readings tell of something; each of their excursions is an event that is over."""
    began = {}
    for line, edge in edges:
        if line.key != line.rule:
            continue
        if edge.raised:
            began[line.key] = line, edge
        else:
            _keep_passed(entries, *began.pop(line.key), edge.ts_ms, unit, some, now_ms)
    for line, edge in began.values():
        _keep_passed(entries, line, edge, int(some.ts_ms.max()), unit, some, now_ms)
    return bool(edges)


def _keep_passed(entries, line, edge, ended_ms, unit, some, now_ms):
    found = _found(entries[line.rule], line, edge.since_ms, unit, values_at(some, edge.row))
    occurrences.passed(found, ended_ms, now_ms)


def _found(entry, line, since_ms, unit, values):
    about = unit.equipment_id, unit.terminal_id, line.rule, entry.name, entry.type, line.severity
    return occurrences.Found(*about, since_ms, _said(line, values))


def _said(line, values):
    """What the text of an event needs: the first channel its condition looks at, its value and its limit."""
    for leaf in leaves(line.condition):
        if "channel" in leaf:
            limit = leaf.get("limit", leaf.get("by"))
            return {
                "kind": leaf["kind"],
                "channel": leaf["channel"],
                "value": values.get(leaf["channel"]),
                "limit": limit,
            }
    return {"kind": line.condition["kind"]}


def values_at(found, row):
    """{channel: value, None where bad} of one reading."""
    values = {}
    for channel_id in found.steps:
        value = float(columns.values_of(columns.picked(found, slice(row, row + 1)), channel_id)[0])
        state = columns.states_of(found, channel_id)[row]
        if state != columns.ABSENT:
            values[columns.BY_ID[channel_id].name] = value if state == readings.VALID else None
    return values
