"""What an event came from, what it cost, whether the measures helped: asked for before serious ones are closed."""

from collections import namedtuple

from collector import audit, db
from collector.events.actions import step
from collector.events.models import Evaluation, Event
from collector.events.occurrences import Refused, checked_text

CAUSES = (
    "cooling", "power_supply", "equipment_part", "software", "network", "sensor", "operation", "maintenance",
    "building", "limit_too_narrow", "unknown",
)  # fmt: skip
EFFECTS = ("solved", "eased", "none")
RISKS = ("none", "low", "high")
HOURS_MOST, EXAMS_MOST = 10_000, 100_000

# cause: one of CAUSES; exams: examinations put off or repeated; hours: for which the equipment could not serve
Finding = namedtuple("Finding", ("cause", "text", "exams", "hours", "effect", "improvement", "risk"))


def evaluate(event_id, version, finding, now_ms):
    """The Event after it was evaluated; an earlier evaluation stays. Raises Refused."""
    text = checked_text(finding.text, needed=True)
    improvement = checked_text(finding.improvement)
    choices = ((finding.cause, CAUSES), (finding.effect, EFFECTS), (finding.risk, RISKS))
    if any(chosen not in some for chosen, some in choices):
        raise Refused("choice")
    if not (isinstance(finding.exams, int) and 0 <= finding.exams <= EXAMS_MOST):
        raise Refused("exams", EXAMS_MOST)
    if not (isinstance(finding.hours, float) and 0 <= finding.hours <= HOURS_MOST):
        raise Refused("hours", HOURS_MOST)
    with db.write():
        event = step(event_id, "evaluate", version, text, now_ms)
        said = finding._asdict() | {"text": text, "improvement": improvement}
        Evaluation.create(event=event, ts_ms=now_ms, actor=audit.acting().name, **said)
        return event


# Of the events of a type, maker or department: how many, how many came more than once, medians in minutes or None
Figures = namedtuple("Figures", ("name", "count", "again", "acknowledged_min", "resolved_min"))
GROUPS = ("type", "maker", "department")


def statistics_of(scope, since_ms):
    """({cause: how many}, {group: [Figures]}) of events raised since an instant, inside a scope."""
    found = list(Event.with_places().where(Event.inside(scope) & (Event.raised_ms >= since_ms)))
    firsts = Event.first_steps([event.id for event in found])
    causes = Evaluation.causes([event.id for event in found])
    groups = {name: {} for name in GROUPS}
    for event in found:
        machine = event.equipment if event.equipment_id else None
        names = (event.type, machine and machine.maker, machine and machine.room.department.name)
        for group, name in zip(GROUPS, names, strict=True):
            groups[group].setdefault(name or "", []).append(event)
    figures = {
        group: sorted((_figures(name, some, firsts) for name, some in rows.items()), key=lambda one: -one.count)
        for group, rows in groups.items()
    }
    return causes, figures


def _figures(name, some, firsts):
    taken = [_minutes(event, firsts, ("acknowledge", "begin")) for event in some]
    solved = [_minutes(event, firsts, ("resolve",)) for event in some]
    again = sum(event.times > 1 for event in some)
    return Figures(name, len(some), again, _median(taken), _median(solved))


def _minutes(event, firsts, actions):
    at = min((firsts[event.id, action] for action in actions if (event.id, action) in firsts), default=None)
    return None if at is None else (at - event.known_ms) / 60_000


def _median(values):
    known = sorted(value for value in values if value is not None)
    return known[len(known) // 2] if known else None
