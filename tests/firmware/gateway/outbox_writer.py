"""`python outbox_writer.py FOLDER FIRST [WINDOWS]`: puts readings for ever and prints each number once it is committed.

With WINDOWS so many are folded into one.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from firmware.gateway.outbox import Outbox
from firmware.gateway.thinning import NEUTRAL
from firmware.protocol.frame import Reading

rule = NEUTRAL._replace(windows=int(sys.argv[3])) if len(sys.argv) > 3 else None
outbox = Outbox(Path(sys.argv[1]), time.time_ns() // 1_000_000, rule_of=lambda terminal_id: rule)
seq = int(sys.argv[2])
while True:
    batch = [Reading("ct-01", seq + at, seq + at, {"temperature_c": 20.0}, 0, 1) for at in range(7)]
    outbox.put(batch, [], 0)
    seq += len(batch)
    print(seq - 1, flush=True)
