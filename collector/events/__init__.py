"""Safety events: what is judged, what was recognised, and what people do about it."""

from collector.events.actions import RuleRefused, act, end_rule, keep_rule, shelve, unshelve
from collector.events.judging import JUDGE, Judging
from collector.events.models import Event, RuleVersion, Shelf, Step
from collector.events.occurrences import Found, Refused, cleared, raised, report
from collector.events.rules import Rule
from collector.events.watch import FINDERS, Finder, Watch

__all__ = (
    "FINDERS",
    "JUDGE",
    "Event",
    "Finder",
    "Found",
    "Judging",
    "Rule",
    "Refused",
    "RuleRefused",
    "RuleVersion",
    "Shelf",
    "Step",
    "Watch",
    "act",
    "cleared",
    "end_rule",
    "keep_rule",
    "raised",
    "report",
    "shelve",
    "unshelve",
)
