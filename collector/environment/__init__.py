"""Environment: what the surroundings must be for an equipment, which rule says so, and how far they were."""

from collector.environment.actions import LimitRefused, end_limit, set_limit
from collector.environment.defaults import MAINS
from collector.environment.indicators import CHANGE, INDICATORS, VALUE, Indicator
from collector.environment.inherit import LEVELS, Rule, Target, level_of
from collector.environment.judge import ALARM, WARNING, WITHIN, verdict
from collector.environment.models import EnvironmentLimit, Limits, limits, version

__all__ = (
    "ALARM",
    "CHANGE",
    "INDICATORS",
    "LEVELS",
    "MAINS",
    "VALUE",
    "WARNING",
    "WITHIN",
    "EnvironmentLimit",
    "Indicator",
    "LimitRefused",
    "Limits",
    "Rule",
    "Target",
    "end_limit",
    "level_of",
    "limits",
    "set_limit",
    "verdict",
    "version",
)
