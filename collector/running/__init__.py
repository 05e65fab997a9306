"""Running: off, standby, ready, working and examinations of a unit, from its current alone; docs/running-state.md."""

from collector.running.analysis import Analysis, analyse
from collector.running.cooling import lost
from collector.running.levels import SHAPES
from collector.running.live import LIVE, Standing, standings
from collector.running.rounds import Rounds
from collector.running.trace import read

CLASSES = tuple(SHAPES)

__all__ = ("CLASSES", "LIVE", "Analysis", "Rounds", "Standing", "analyse", "lost", "read", "standings")
