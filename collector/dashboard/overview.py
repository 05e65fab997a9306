"""All equipment with the state of its data and its last values, a page of it at a time.

To say who comes first takes one number of each: the instant of its newest reading. Names, rooms and values are asked
for the equipment of one page only.
"""

from collections import namedtuple

import numpy as np

from collector import readings
from collector.dashboard.freshness import ORDER, ranks_of, state_of
from collector.equipment import Binding, Equipment
from collector.web.words import decimals
from firmware.protocol.channels import BY_NAME

SHOWN = ("current_a", "temperature_c", "humidity_pct", "voltage_v")
# channel, and the channels with the extremes inside each window where there are such
CHARTS = (("current_a", "current_min_a", "current_max_a"), ("temperature_c", None, None), ("humidity_pct", None, None))
PER_PAGE = 60

# entries: of one page; counts: {state: how many of all}; page of pages, from 1
Overview = namedtuple("Overview", ("entries", "counts", "page", "pages"))


def overview(scope, settings, now_ms, page=1):
    """The Overview of all equipment inside a scope, what needs a person first; a page beyond the last is the last."""
    numbers = Equipment.numbers(scope)
    ranks = ranks_of(_newest_of(numbers, now_ms), settings, now_ms)
    ranked = numbers[np.argsort(ranks, kind="stable")].tolist()
    pages = max(1, -(-len(ranked) // PER_PAGE))
    page = min(max(page, 1), pages)
    shown = ranked[(page - 1) * PER_PAGE : page * PER_PAGE]
    counts = dict(zip(ORDER, np.bincount(ranks, minlength=len(ORDER)).tolist(), strict=True))
    told = _told(shown, now_ms)
    entries = [entry(one, told.get(one.id, ()), settings, now_ms) for one in Equipment.numbered(shown)]
    return Overview(entries, counts, page, pages)


def _newest_of(numbers, now_ms):
    """The instants of the newest readings that their bindings say are these equipment's own, an array; -1: none."""
    heard, terminals, of_parts, from_ms = Binding.heard(readings.NUMBERED, now_ms).T
    ts_ms = _instants_of(terminals)
    counts = (of_parts == 1) | (ts_ms >= from_ms)
    heard, of_parts, ts_ms = heard[counts], of_parts[counts], ts_ms[counts]
    newest = np.full(max(numbers.max(initial=0), heard.max(initial=0)) + 1, -1)
    np.maximum.at(newest, heard, ts_ms)
    of_parts = np.intersect1d(heard[of_parts == 1], numbers).tolist()
    for at in range(0, len(of_parts), PER_PAGE):
        for number, told in _told(of_parts[at : at + PER_PAGE], now_ms).items():
            newest[number] = _newest_ms(told) or -1
    return newest[numbers]


def _instants_of(terminals):
    """The instants of the newest readings of these terminals, by number; -1 where there is none."""
    newest = readings.newest_of_numbers()
    return np.append(newest, -1)[np.minimum(terminals, len(newest))]


def entry_of(equipment, settings, now_ms):
    """The entry of one equipment."""
    return entry(equipment, _told([equipment.id], now_ms).get(equipment.id, ()), settings, now_ms)


def _told(numbers, now_ms):
    """{number of equipment: [[Latest] of each of its bindings]} of those that are bound."""
    bindings, latest = list(Binding.of(numbers, now_ms)), {}
    for one in readings.latest(list({binding.terminal_id for binding in bindings})):
        latest.setdefault(one.terminal_id, []).append(one)
    told = {}
    for binding in bindings:
        channels, some = binding.channels, latest.get(binding.terminal_id, ())
        own = [one for one in some if one.channel in channels and one.ts_ms >= binding.from_ms]
        told.setdefault(binding.equipment_id, []).append(own)
    return told


def _newest_ms(told):
    """The instant of the newest reading: of each binding that of the highest number, whatever the clock said."""
    return max((max(own, key=lambda one: one.seq).ts_ms for own in told if own), default=None)


def _age_s(newest_ms, now_ms):
    return None if newest_ms is None else max(0, now_ms - newest_ms) // 1000


def entry(equipment, told, settings, now_ms):
    """One equipment as the overview, its page and the API say it. A channel never measured is absent."""
    newest_ms = _newest_ms(told)
    return {
        "id": equipment.id,
        "name": equipment.name,
        "kind": equipment.kind,
        "asset_number": equipment.asset_number,
        "room": equipment.room.name,
        "department": equipment.room.department.name,
        "state": state_of(newest_ms, settings, now_ms),
        "age_s": _age_s(newest_ms, now_ms),
        "latest_ms": newest_ms,
        "values": _values([one for own in told for one in own]),
    }


def _values(found):
    """{channel: value with its unit and instant}; of two terminals the newer one speaks."""
    values = {}
    for one in sorted(found, key=lambda one: one.ts_ms):
        if one.channel in SHOWN:
            unit, digits = BY_NAME[one.channel].unit, decimals(one.channel)
            values[one.channel] = {"value": one.value, "unit": unit, "decimals": digits, "ts_ms": one.ts_ms}
    return {channel: values[channel] for channel in SHOWN if channel in values}
