"""What a rule would have raised in the last days, by the readings that are kept: judged day by day, in their order."""

from collections import namedtuple

import numpy as np

from collector import db, readings
from collector.config import read_settings
from collector.equipment import Binding
from collector.events import history, nearby, plan
from collector.events.conditions import leaves
from collector.events.judging import trace_of
from collector.events.plan import Plan, Stretches
from collector.events.rules import lines

DAYS = 90
DAY_MS = 86_400_000

# spans: [(began, ended)]; terminal_id, channel: what is drawn; judged: whether anything could be
Preview = namedtuple("Preview", ("spans", "terminal_id", "channel", "from_ms", "to_ms", "judged"))


def preview(rule, equipment, now_ms, days=DAYS):
    """The Preview of a Rule for an Equipment. Running states are not replayed: what asks for one raises nothing."""
    from_ms = now_ms - days * DAY_MS
    channels = {leaf["channel"] for leaf in leaves(rule.condition) if "channel" in leaf}
    found = Preview([], None, min(channels, default=None), from_ms, now_ms, False)
    bound = list(Binding.within(equipment, from_ms, now_ms))
    for held in bound:
        condition, others = history.resolved(rule.condition, held.terminal_id, now_ms), _others(held, bound)
        if condition is None or condition["kind"] == "silent" or not channels <= set(held.channels):
            continue
        made = rule._replace(condition=nearby.widened(condition) if others else condition)
        spans = _spans(made, held, others, max(from_ms, held.from_ms), held.to_ms or now_ms)
        found = found._replace(spans=found.spans + spans, terminal_id=held.terminal_id, judged=True)
    return found._replace(spans=sorted(found.spans))


def _others(held, bound):
    """Terminals that measure the same equipment."""
    return sorted({one.terminal_id for one in bound} - {held.terminal_id})


def _spans(rule, held, others, from_ms, to_ms):
    prepared, memory, spans, began = Plan(lines(rule)), {}, [], None
    zone = read_settings(db.folder())["zone"]
    names = sorted({channel for part in nearby.channels_of(prepared.columns) for channel in part})
    for day_ms in range(from_ms, to_ms, DAY_MS):
        some = readings.span(held.terminal_id, names, day_ms, min(day_ms + DAY_MS, to_ms))
        if some is None or not len(some.seq):
            continue
        trace = trace_of(some, prepared.columns, zone)
        for channel in nearby.channels_of(prepared.columns)[1]:
            trace.values[nearby.PREFIX + channel] = _beside(trace, channel, others)
        told, changed = plan.judge(prepared, [memory], Stretches(trace, np.zeros(1, np.int64)))
        memory = changed.get(0, memory)
        for _at, line, edge in told:
            if line.key == line.rule and edge.raised:
                began = edge.since_ms
            elif line.key == line.rule:
                spans, began = [*spans, (began, edge.ts_ms)], None
    return spans if began is None else [*spans, (began, to_ms)]


def _beside(trace, channel, others):
    """The values of a channel beside a terminal's readings, its own or those of others."""
    there = nearby.Nearby(most=None)
    for terminal_id in others:
        first_ms, last_ms = int(trace.ts_ms.min()) - nearby.NEAR_MS, int(trace.ts_ms.max()) + 1
        some = readings.span(terminal_id, [channel], first_ms, last_ms)
        if some is not None and len(some.seq):
            there.put(None, trace_of(some, [channel], trace.zone))
    return there.at(None, channel, trace)
