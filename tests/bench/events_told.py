"""From a window that closes at 31 degrees to a mail and a webhook: terminals' firmware, gateways, the collector.

All of them are processes as `make demo` runs them, on loopback, with the settings they have by themselves or an upload
every second. Each room is hot and cool in turn at instants by chance; a delay counts from the end of the first window
that was hot, as the terminal says it, to the message at a real mail server and a webhook.
"""

import random
import statistics
import time
from pathlib import Path

from collector import readings
from collector.demo.hospital import MACHINES, WINDOW_S
from firmware.protocol.channels import BY_NAME
from tests.bench.row import Row
from tests.e2e import told

ROUNDS, TURN_S, SPREAD_S, WAIT_S = 3, 26, 10, 15
PACES = (("", 5, 10), ("[upload]\nevery_s = 1.0\n", 1, 5))  # gateway.toml, seconds between uploads, most seconds


def played(chain, rounds):
    """Let every room be hot and cool again so many times."""
    chance = random.Random(7)
    for _ in range(rounds):
        for temperature_c in (told.HOT_C, told.COOL_C):
            began, instants = time.monotonic(), sorted((chance.uniform(0, SPREAD_S), one) for one in MACHINES)
            for at_s, machine in instants:
                time.sleep(max(0, began + at_s - time.monotonic()))
                told.play(chain, machine, temperature_c=temperature_c, humidity_pct=45.0)
            time.sleep(max(0, began + TURN_S - time.monotonic()))
    time.sleep(WAIT_S)


def closes(chain, machine):
    """[instant] at which a window closed that was the first hot one behind a cool one."""
    kept = chain.kept(machine.terminal_id, "temperature_c")
    hot = readings.values_of(kept, BY_NAME["temperature_c"].id) > told.LIMIT_C
    first = hot[1:] & ~hot[:-1]
    return (kept.ts_ms[1:][first] / 1000 + WINDOW_S).tolist()


def delays(chain, texts):
    """[seconds or None] from each of these instants to the message that was first behind it."""
    found = []
    for machine in MACHINES:
        ends, said = closes(chain, machine), told.begins(machine, texts)
        for end, following in zip(ends, [*ends[1:], float("inf")], strict=True):
            found.append(min((at - end for at in said if end < at < following), default=None))
    return found


def rows(folder, rounds=ROUNDS):
    """Median and p99 of both ways, for each pace of uploads."""
    for toml, every_s, most_s in PACES:
        place = Path(folder) / f"every-{every_s}"
        with (
            told.people() as (addresses, *ways),
            told.chain_of(place, MACHINES, toml, addresses) as chain,
        ):
            for machine in MACHINES:
                told.play(chain, machine, temperature_c=told.COOL_C, humidity_pct=45.0)
                chain.wait_for_readings(machine.terminal_id, 2)
            played(chain, rounds)
            for way, said in zip(("mail", "webhook"), ways, strict=True):
                yield _row(way, every_s, most_s, delays(chain, said()), rounds * len(MACHINES))


def _row(way, every_s, most_s, found, count):
    came = sorted(one for one in found if one is not None)
    p99 = came[-1 - len(came) // 100] if came else float("inf")
    said = f"median {statistics.median(came):.1f} s, {len(came)} of {count} rooms that became hot" if came else "none"
    name, good = f"events, window to {way}, upload every {every_s} s, p99", len(came) == count and p99 < most_s
    return Row(name, p99, "s", said, most_s / p99, f"< {most_s} s", good)
