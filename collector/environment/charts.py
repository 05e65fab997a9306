"""The lines of the charts of an equipment's surroundings, with the limits that held drawn in for the time they did."""

from collector import equipment, readings
from collector.environment.indicators import CHANNELS, VALUE
from collector.environment.inherit import BOUNDS, stretches
from collector.environment.models import all_rules
from collector.equipment import Binding


def charted(machine, span, settings, now_ms):
    """A dict of span, zone, from_ms, to_ms, step_ms, lines as equipment.trend tells them, and bands of limits."""
    charts = [(channel, None, None) for channel in _measured(machine, now_ms)]
    found = equipment.trend(machine, charts, span, settings["late_after_s"], now_ms)
    rules, places, bands = all_rules(), {one["place"] for one in found["lines"]}, []
    for place in sorted(places):
        held = stretches(rules, machine, place, found["from_ms"], now_ms)
        drawn = {one["channel"] for one in found["lines"] if one["place"] == place}
        bands += [
            _band(indicator, place, *part)
            for indicator in held
            for part in held[indicator]
            if _is_drawn(indicator, drawn)
        ]
    return {"span": span, "zone": settings["zone"], "bands": bands} | found


def _is_drawn(indicator, channels):
    return indicator.what == VALUE and indicator.channel in channels


def _measured(machine, now_ms):
    """The channels that terminals of an equipment in the last month have ever measured, in the order of CHANNELS."""
    bindings = Binding.within(machine, now_ms - equipment.SPANS["month"].length_ms, now_ms)
    latest = readings.latest([one.terminal_id for one in bindings])
    return [channel for channel in CHANNELS if channel in {one.channel for one in latest}]


def _band(indicator, place, from_ms, to_ms, rule):
    levels = {bound: getattr(rule, bound) for bound in BOUNDS}
    return {"channel": indicator.channel, "place": place, "from_ms": from_ms, "to_ms": to_ms} | levels
