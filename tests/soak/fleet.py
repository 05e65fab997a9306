"""Ten thousand terminals, a reading every ten seconds, one collector: nothing waits, answers and pages are quick.

The hour before is over: its 3.6 million readings are sealed while the others come.
"""

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from rich.console import Console

from collector import db
from collector.readings.blocks import BITS
from tests.fleet.__main__ import run as run_plan
from tests.fleet.plan import plan_of
from tests.fleet.report import drawn, figures, table

TERMINALS, UPLOAD_S = 10_000, 1  # every gateway uploads every second: more often than any has to
WAITING_S, UPLOAD_MS, PAGE_MS = 2, 1000, 400
UPLOAD, PAGES = "upload", ("overview page", "overview API")
BEFORE = 360  # windows of the hour before
PICTURE = Path(__file__).parents[2] / ".bench/fleet.svg"


def run(seconds, terminals=TERMINALS, upload_s=UPLOAD_S, settings="", before=BEFORE):
    """({name: figure}, [fault in words])."""
    plan = plan_of(terminals, seconds=round(seconds), upload_s=upload_s)
    with tempfile.TemporaryDirectory() as folder:
        account, used = run_plan(plan, Path(folder), settings=settings, before=before)
        sealed = sealed_in(Path(folder) / "collector")
    print(file=sys.stderr)
    Console().print(table(figures(plan, account, used)))
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(drawn(plan, account))
    seen = seen_of(account, sealed)
    return seen, faults_of(plan, seen)


def sealed_in(data):
    """How many terminals have a block."""
    db.open_database(data)
    with closing(db.database):
        return db.rows(f"SELECT count(DISTINCT block_no >> {BITS}) FROM block")[0][0]


def seen_of(account, sealed):
    """{name: figure} of a run."""
    return {
        "readings due": account.due,
        "stored once": account.stored,
        "refused": account.refused,
        "wait at the end": account.waiting,
        "most that waited": account.most_waiting,
        "failures": sum(account.failures.values()),
        "terminals sealed meanwhile": sealed,
    } | {f"{what}, p99 in ms": round(account.part(what, 99) or 0) for what in (UPLOAD, *PAGES)}


def faults_of(plan, seen):
    """What is wrong with a run, in words."""
    most = {
        "wait at the end": 0,
        "refused": 0,
        "failures": 0,
        "most that waited": WAITING_S * plan.terminals / plan.window_s,
        f"{UPLOAD}, p99 in ms": UPLOAD_MS,
    } | {f"{page}, p99 in ms": PAGE_MS for page in PAGES}
    faults = [f"{name}: {seen[name]:,}, at most {limit:,.0f}" for name, limit in most.items() if seen[name] > limit]
    least = {"stored once": seen["readings due"], "terminals sealed meanwhile": plan.terminals}
    return faults + [
        f"{name}: {seen[name]:,}, at least {limit:,}" for name, limit in least.items() if seen[name] < limit
    ]
