"""`python -m boards.simulated.history ...`: what a terminal would have sent over some days, as blocks of an A02 batch.

One JSON line per block of 500 one-minute windows: the same day the live board plays, looked at every few seconds.
"""

import argparse
import json
import sys

from boards.simulated.day import KINDS, Day
from boards.simulated.world import ZONE_S
from firmware.processing.window import Window
from firmware.protocol.channels import BY_NAME
from firmware.protocol.frame import seq_of
from firmware.protocol.measured import to_steps

WINDOW_S = 60
LOOK_EVERY_S = 4
BLOCK = 500
DAY_S = 86400


def windows(day, first_s, last_s):
    """(start in s, {channel: value}) of every window that begins in first_s <= start < last_s."""
    for start_s in range(first_s, last_s, WINDOW_S):
        window, climate = Window(), None
        for t_s in range(start_s, start_s + WINDOW_S, LOOK_EVERY_S):
            current_a, *climate = day.at(t_s + ZONE_S)
            window.add(current_a, LOOK_EVERY_S)
        yield start_s, {**window.values(), "temperature_c": climate[0], "humidity_pct": climate[1]}


def blocks(terminal_id, boot_no, played):
    """The windows as blocks: columns of at most BLOCK readings, numbered from 1."""
    block = None
    for n, (start_s, values) in enumerate(played, 1):
        if block is None:
            columns = {name: [] for name in values}
            block = {"terminal_id": terminal_id, "seq": [], "ts_ms": [], "flags": [], "columns": columns}
        block["seq"].append(seq_of(boot_no, n))
        block["ts_ms"].append(start_s * 1000)
        block["flags"].append(0)
        for name, value in values.items():
            block["columns"][name].append(to_steps(BY_NAME[name], value))
        if len(block["seq"]) == BLOCK:
            yield block
            block = None
    if block:
        yield block


def main(words):
    """Print the blocks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", required=True, choices=sorted(KINDS))
    parser.add_argument("--seed", required=True, type=int)
    parser.add_argument("--days", required=True, type=int)
    parser.add_argument("--terminal", required=True)
    parser.add_argument("--boot", required=True, type=int, help="boot number, lower than any live one")
    parser.add_argument("--until-ms", required=True, type=int)
    asked = parser.parse_args(words)
    last_s = asked.until_ms // 1000 // WINDOW_S * WINDOW_S
    played = windows(Day(asked.kind, asked.seed), last_s - asked.days * DAY_S, last_s)
    for block in blocks(asked.terminal, asked.boot, played):
        print(json.dumps(block), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
