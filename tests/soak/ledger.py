"""Thirty terminals over twenty minutes while gateway, broker and collector are killed, away, and the disk is full.

Every number a terminal has made is stored exactly once at the collector, or a gap there says why it never will be.
How many it made, each terminal says itself. Printed as a table; a number doubled or unexplained is a fault.
"""

import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.soak.ledger_account import faults_of
from tests.soak.ledger_plan import OUTAGE_PART, PROCESSES, Blow, plan_of
from tests.soak.ledger_site import WINDOW_S, Site, SmallDisk

TERMINALS, SEED = 30, 11
TURN_S = 0.1
SETTLE_S = 300  # after the last blow everything that waits has to arrive
FULL_PART, LEAST = (
    0.7,
    150,
)  # of what an outage of the collector leaves waiting the outbox keeps: the rest goes by its policy
READY, NOT_KEPT, NOT_STARTED = (
    "gateway ready",
    "takes nothing",
    "\ngateway: ",
)  # what a gateway says; the last, and ends


class Run:
    """One run over a site; `blows` in order."""

    def __init__(self, site, blows):
        self._site, self._blows = site, list(blows)
        self._back_s = dict.fromkeys((*PROCESSES, "disk"), None)  # when what is down comes back
        self._filling, self._starts = None, 0  # the blow that fills the disk once the gateway has started anew
        self.full_s = 0.0

    def step(self, now_s):
        """What is due: blows fall, what is down long enough comes back. Whether something is still to come."""
        for target, back_s in self._back_s.items():
            if back_s is not None and now_s >= back_s:
                self._back_s[target] = None
                self._mend(target)
        while self._blows and now_s >= self._blows[0].at_s:
            self._strike(self._blows.pop(0), now_s)
        if self._filling and self._site.gateway.said(READY) > self._starts:
            self._fill(now_s)
        for name, process in self._site.processes.items():
            if self._back_s[name] is None:
                process.tend(now_s)
        return bool(self._blows or self._filling) or any(back_s is not None for back_s in self._back_s.values())

    def _strike(self, blow, now_s):
        print(f"{now_s:6.0f} s  {blow.target} for {blow.down_s:.1f} s", file=sys.stderr, flush=True)
        if blow.target == "disk":
            self._begin_anew(blow)
            return
        back_s = self._back_s[blow.target]
        if back_s is None:
            self._site.processes[blow.target].kill()
        self._back_s[blow.target] = max(back_s or 0, now_s + blow.down_s)

    def _begin_anew(self, blow):
        """A gateway that has nothing written ahead: once the disk is full its very next commit needs room."""
        if self._site.disk.mounted:
            gateway = self._site.gateway
            gateway.kill()
            self._back_s["gateway"] = None
            self._site.settle_outbox()
            self._filling, self._starts = blow, gateway.said(READY)
            gateway.start()

    def _fill(self, now_s):
        """The disk is full and the collector away; half-way the gateway is killed too."""
        full_s, self._filling = self._filling.down_s, None
        self._site.disk.fill()
        self._back_s["disk"], self.full_s = now_s + full_s, self.full_s + full_s
        more = [Blow(now_s, "collector", full_s), Blow(now_s + full_s / 2, "gateway", 0.5)]
        self._blows = sorted(self._blows + more)

    def _mend(self, target):
        if target == "disk":
            self._site.disk.free()
        else:
            self._site.processes[target].start()


def run(seconds, terminals=TERMINALS, seed=SEED):
    """({name: figure}, [fault in words]) of a run of so many seconds; prints the ledger."""
    most = max(LEAST, int(FULL_PART * terminals * seconds / OUTAGE_PART / WINDOW_S))
    folder = Path(tempfile.mkdtemp(prefix="gantry-ledger-"))
    with ExitStack() as stack:
        disk = stack.enter_context(SmallDisk(folder / "disk"))
        site = stack.enter_context(Site(folder, disk, terminals, most))
        hit, began_s = Run(site, plan_of(seconds, seed)), time.monotonic()
        while hit.step(time.monotonic() - began_s) or time.monotonic() - began_s < seconds:
            time.sleep(TURN_S)
        accounts, settled_s = settled(site, hit, began_s)
        _print(accounts, seed)
        faults = faults_of(accounts) + _ends(site)
        seen = _seen(site, hit, accounts, seconds, settled_s, seed)
        if faults:
            _keep_consoles(site)
    if faults:
        faults.append(f"the logs are kept in {folder}")
    else:
        shutil.rmtree(folder)
    return seen, faults


def _keep_consoles(site):
    """What the terminals said, beside the logs of the others."""
    for terminal in site.terminals:
        (terminal.folder / "console.log").write_text("\n".join(terminal.lines))


def settled(site, hit, began_s):
    """(accounts, seconds it took) once each terminal has said anew what it made, and all of that is accounted for."""
    began, now_ms = time.monotonic(), round(time.time() * 1000)
    said = {}
    while time.monotonic() - began < SETTLE_S:
        hit.step(time.monotonic() - began_s)
        for terminal_id, (ts_ms, body) in site.said().items():
            if ts_ms > now_ms:
                said.setdefault(terminal_id, body)
        if len(said) == len(site.ids):
            accounts = site.accounts(said)
            if not any(one.unexplained for one in accounts):
                return accounts, time.monotonic() - began
        time.sleep(1)
    missing = {one: {"boot_no": 0, "made": 0} for one in site.ids if one not in said}
    return site.accounts(missing | said), time.monotonic() - began


def _ends(site):
    """What ended or started by itself though nothing was wrong with it."""
    faults = [
        f"{terminal.identity['terminal_id']}: it started again by itself"
        for terminal in site.terminals
        if sum("gantry terminal" in line for line in terminal.lines) != 1
    ]
    said_why = site.gateway.said(NOT_STARTED)
    if site.gateway.ends > said_why:
        faults.append(f"the gateway ended {site.gateway.ends} times by itself and said {said_why} times why")
    if site.collector.ends:
        faults.append(f"the collector ended {site.collector.ends} times by itself")
    faults += [f"a traceback in the log of the {name}" for name in ("gateway", "collector") if _crashed(site, name)]
    return faults


def _crashed(site, name):
    return site.processes[name].said("Traceback (most recent call last)") > 0


def _seen(site, hit, accounts, seconds, settled_s, seed):
    gaps = {}
    for one in accounts:
        for reason, count in one.gaps.items():
            gaps[f"dropped by policy: {reason}"] = gaps.get(f"dropped by policy: {reason}", 0) + count
    return {
        "seed": seed,
        "terminals": len(accounts),
        "seconds": round(seconds),
        "seconds until all was settled": round(settled_s),
        **{f"kills of the {name}": process.kills for name, process in site.processes.items()},
        "seconds of full disk": round(hit.full_s) if site.disk.mounted else 0,
        "times the outbox took nothing": site.gateway.said(NOT_KEPT),
        "starts refused by a full disk": site.gateway.ends,
        "made": sum(one.made for one in accounts),
        "stored once": sum(one.stored for one in accounts),
        **gaps,
        "doubled": sum(one.doubled for one in accounts),
        "unexplained": sum(one.unexplained for one in accounts),
    }


def _print(accounts, seed):
    reasons = sorted({reason for one in accounts for reason in one.gaps})
    drawn = Table("terminal", "made", "stored once", "doubled", *reasons, "unexplained", title=f"ledger, seed {seed}")
    for one in accounts:
        gaps = [one.gaps.get(reason, 0) for reason in reasons]
        drawn.add_row(one.terminal_id, *map(str, (one.made, one.stored, one.doubled, *gaps, one.unexplained)))
    Console().print(drawn)
