"""A rule: a condition, how long it must hold and have ended, and what severity it has at which limit. No I/O."""

from collections import namedtuple

import numpy as np

from collector.events import changes, latch
from collector.events.conditions import leaves, signal, values_of

# name: what the rule is known by; condition: a dict of conditions.KINDS; for_s, clear_s: how long it holds before it is
# raised, and has ended before it is cleared; severity: one of notify's SEVERITIES
# steps: [(limit or amount, severity)], the same condition further out makes the same event more severe
Rule = namedtuple("Rule", ("name", "condition", "for_s", "clear_s", "severity", "steps"))
Rule.__new__.__defaults__ = (0, 0, "warning", ())

# One thing that is judged: a rule at one of its limits. key: the rule's name, and for a step its number behind a point
Line = namedtuple("Line", ("key", "rule", "condition", "for_ms", "clear_ms", "severity"))

LIMITS = {"above": "limit", "below": "limit", "rises": "by", "falls": "by"}


def lines(rule):
    """The Lines of a rule: itself, and one for each step of its severity."""
    name = str(rule.name)
    found = [Line(name, name, rule.condition, rule.for_s * 1000, rule.clear_s * 1000, rule.severity)]
    for at, (limit, severity) in enumerate(rule.steps, 1):
        condition = with_limit(rule.condition, limit)
        found.append(found[0]._replace(key=f"{name}.{at}", condition=condition, severity=severity))
    return found


def with_limit(condition, limit):
    """The same condition with another limit in the first of its parts that has one."""
    if condition["kind"] in LIMITS:
        return condition | {LIMITS[condition["kind"]]: limit}
    for at, part in enumerate(condition.get("of", ())):
        if any(leaf["kind"] in LIMITS for leaf in leaves(part)):
            return condition | {"of": [*condition["of"][:at], with_limit(part, limit), *condition["of"][at + 1 :]]}
    return condition


def judge(rule_lines, memory, trace):
    """([(Line, Edge)] in the order of time, memory) of readings that follow those of the memory, in their order.

    memory: {"marks": {key: number}, "changes": changes.Kept}; {} in the beginning.
    """
    trace, kept = with_changes(rule_lines, memory, trace)
    marks, told = dict(memory.get("marks", {})), []
    for line in rule_lines:
        mark, edges = latch.follow(
            marks.pop(line.key, latch.REST), trace.ts_ms, signal(line.condition, trace), line.for_ms, line.clear_ms
        )
        if mark != latch.REST:
            marks[line.key] = mark
        told += [(line, edge) for edge in edges]
    told.sort(key=lambda pair: (pair[1].row, pair[1].raised))
    return told, _memory(marks, kept)


def with_changes(rule_lines, memory, trace):
    """(the Trace with the changes that its rules ask for, their memory)."""
    asked, found, kept = changes_of(rule_lines), {}, []
    if not asked:
        return trace._replace(changes={}), changes.NONE
    for pair, before in zip(asked, changes.tables_of(memory.get("changes", changes.NONE), asked), strict=True):
        rises, falls, after = changes.follow(before, trace.ts_ms, values_of(trace, pair[0]), pair[1])
        found[pair] = np.stack((rises, falls))
        kept.append(after)
    return trace._replace(changes=found), changes.Kept(asked, np.stack(kept))


def changes_of(rule_lines):
    """((channel, within_s), ...) that conditions of these lines look at, in their order."""
    found = {
        (leaf["channel"], leaf["within_s"])
        for line in rule_lines
        for leaf in leaves(line.condition)
        if leaf["kind"] in ("rises", "falls")
    }
    return tuple(sorted(found))


def written(memory):
    """A memory as what JSON and msgpack can say."""
    return memory | {"changes": changes.written(memory["changes"])} if "changes" in memory else memory


def read(memory):
    """A memory that was written down."""
    return memory | {"changes": changes.read(memory["changes"])} if "changes" in memory else memory


def _memory(marks, kept):
    found = {"marks": marks} if marks else {}
    return found | {"changes": kept} if kept.asked else found
