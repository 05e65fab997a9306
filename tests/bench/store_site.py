"""Ours for the store's bench: a collector in a folder, its process, and its room of readings asked without one."""

import itertools
import secrets
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from collector import db, gateways, readings
from collector.gateways import Gateway, Terminal, certificates
from firmware.gateway import compact
from tests.bench.store_data import CHANNELS
from tests.bench.store_peers import serving
from tests.collector.site import enrolled
from tests.servers import ports

PATH = "/a02/v1/batches"
SEALS_NEVER = "seal_every_s = 864000\n"


def terminal_id(number):
    """The id of a terminal by its number."""
    return f"t-{number:04d}"


def furnished(folder, counts):
    """The credentials of gateways with so many terminals each, bound to no equipment."""
    folder = Path(folder)
    db.open_database(folder, make=True)
    db.migrate()
    certificates.init_ca(folder)
    now_ms = time.time_ns() // 1_000_000
    credentials = [enrolled(folder, f"gw-{number}") for number in range(len(counts))]
    ids = [Gateway.get(Gateway.gateway_id == f"gw-{number}").id for number in range(len(counts))]
    owners = itertools.chain.from_iterable([one] * count for one, count in zip(ids, counts, strict=True))
    wrapped = gateways.secret.wrap(folder, "t", secrets.token_bytes(32))  # nobody will ask for it
    rows = [(terminal_id(number), wrapped, owner, now_ms) for number, owner in enumerate(owners)]
    fields = (Terminal.terminal_id, Terminal.wrapped_secret, Terminal.gateway, Terminal.created_ms)
    with db.write():
        for at in range(0, len(rows), 500):
            Terminal.insert_many(rows[at : at + 500], fields).execute()
    db.database.close()
    (folder / "collector.toml").write_text(SEALS_NEVER)
    return credentials


@contextmanager
def collector(folder):
    """A furnished collector's process, without TLS as its peers are."""
    (port,) = ports.free()
    command = [sys.executable, "-m", "collector", "--data", str(folder), "serve", "--plain", "--port", str(port)]
    with serving(command, port, "/health", folder) as server:
        yield server


def body_of(traces, rows):
    """A body as firmware/gateway/batch.py makes it, of {terminal number: Trace}."""
    blocks = [
        {
            "terminal_id": terminal_id(number),
            "seq": trace.seq[rows].tolist(),
            "ts_ms": trace.ts_ms[rows].tolist(),
            "flags": [0] * len(trace.seq[rows]),
            "columns": {name: steps[rows].tolist() for name, steps in zip(CHANNELS, trace.steps, strict=True)},
        }
        for number, trace in traces.items()
    ]
    return {"sent_ms": int(time.time() * 1000), "readings": blocks, "records": [], "gaps": []}


def headers(credential, kind=compact.CONTENT_TYPE):
    """Those of an upload."""
    return {"Authorization": f"Bearer {credential}", "Content-Type": kind, "Content-Encoding": "gzip"}


def stored_numbers(folder):
    """How many numbers the ledger of a collector's folder holds, and whether every terminal's are one interval."""
    db.open_database(folder)
    names = [terminal_id for (terminal_id,) in db.rows("SELECT terminal_id FROM source")]
    whole = [readings.intervals_of(terminal_id, readings.STORED) for terminal_id in names]
    db.database.close()
    return sum(last - first + 1 for some in whole for first, last in some), all(len(some) == 1 for some in whole)
