"""What a rule would have raised in the last days, by the readings that are kept: judged day by day, in their order."""

from collections import namedtuple

import numpy as np

from collector import db, readings
from collector.config import read_settings
from collector.equipment import Binding
from collector.events import history, plan
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
    for held in Binding.within(equipment, from_ms, now_ms):
        condition = history.resolved(rule.condition, held.terminal_id, now_ms)
        if condition is None or condition["kind"] == "silent" or not channels <= set(held.channels):
            continue
        spans = _spans(rule._replace(condition=condition), held, max(from_ms, held.from_ms), held.to_ms or now_ms)
        found = found._replace(spans=found.spans + spans, terminal_id=held.terminal_id, judged=True)
    return found._replace(spans=sorted(found.spans))


def _spans(rule, held, from_ms, to_ms):
    prepared, memory, spans, began = Plan(lines(rule)), {}, [], None
    zone = read_settings(db.folder())["zone"]
    names = [name for name in prepared.columns if isinstance(name, str)]
    for day_ms in range(from_ms, to_ms, DAY_MS):
        some = readings.span(held.terminal_id, names, day_ms, min(day_ms + DAY_MS, to_ms))
        if some is None or not len(some.seq):
            continue
        trace = trace_of(some, prepared.columns, zone)
        told, changed = plan.judge(prepared, [memory], Stretches(trace, np.zeros(1, np.int64)))
        memory = changed.get(0, memory)
        for _at, line, edge in told:
            if line.key == line.rule and edge.raised:
                began = edge.since_ms
            elif line.key == line.rule:
                spans, began = [*spans, (began, edge.ts_ms)], None
    return spans if began is None else [*spans, (began, to_ms)]
