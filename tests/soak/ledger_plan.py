"""When what is killed in a ledger run, and for how long: pure, the same for the same seed."""

import random
from collections import namedtuple

Blow = namedtuple("Blow", ("at_s", "target", "down_s"))  # down: killed and absent, or full, for so long

PROCESSES = ("gateway", "broker", "collector")
OUTAGE_PART, DISK_PART = 10, 12  # an outage lasts a tenth of the run: two minutes of twenty; a full disk a twelfth
OUTAGES_AT, DISK_AT = (0.06, 0.26, 0.46), 0.68  # parts of the run
KILL_EVERY_S, KILL_DOWN_S = 20, (0.5, 4.0)
FIRST, LAST = 0.03, 0.9  # parts of the run between which kills fall


def plan_of(seconds, seed):
    """[Blow] in order: an outage of each process, a full disk, random kills."""
    chance = random.Random(seed)
    order = chance.sample(PROCESSES, len(PROCESSES))
    outage_s, full_s = seconds / OUTAGE_PART, seconds / DISK_PART
    blows = [Blow(part * seconds, target, outage_s) for part, target in zip(OUTAGES_AT, order, strict=True)]
    blows.append(Blow(DISK_AT * seconds, "disk", full_s))
    for turn in range(max(len(PROCESSES), round(seconds / KILL_EVERY_S))):
        at_s = chance.uniform(FIRST * seconds, LAST * seconds)
        blows.append(Blow(at_s, PROCESSES[turn % len(PROCESSES)], chance.uniform(*KILL_DOWN_S)))
    return sorted(blows)
