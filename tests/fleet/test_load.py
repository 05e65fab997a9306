"""A small fleet against a real collector: everything due is stored once, a stall is charged for all that waited."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest

from collector import db, readings
from tests.fleet.__main__ import run
from tests.fleet.plan import due_each_second, plan_of
from tests.fleet.played import terminal_id
from tests.fleet.report import drawn, figures
from tests.soak.ledger_site import ROOT


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """(plan, account, used, folder) of a run in which the collector stands still for two seconds."""
    folder, plan = tmp_path_factory.mktemp("fleet"), plan_of(40, 4, window_s=1, seconds=8, pages_per_s=2)
    stalls = {2: signal.SIGSTOP, 4: signal.SIGCONT}

    def stall(_account, now_s):
        if (number := stalls.pop(round(now_s), None)) is not None:
            os.kill(_collector_of(folder), number)

    account, used = run(plan, folder, stall)
    return plan, account, used, folder


def _collector_of(folder):
    (found,) = [one for one in psutil.Process().children() if str(folder / "collector") in one.cmdline()]
    return found.pid


def test_everything_that_fell_due_is_stored_exactly_once(ran):
    plan, account, _used, folder = ran
    assert account.acknowledged == account.stored == account.due == sum(due_each_second(plan)) > 250
    assert (account.refused, account.waiting, dict(account.failures)) == (0, 0, {})
    db.open_database(folder / "collector")
    with closing(db.database):
        spans = [readings.span(terminal_id(one), ("temperature_c",), 0, 2**50) for one in range(plan.terminals)]
    assert sum(len(span.seq) for span in spans) == account.due
    assert all(len(set(span.seq.tolist())) == len(span.seq) for span in spans)


def test_a_stall_is_charged_for_everything_that_waited_meanwhile(ran):
    plan, account, _used, _folder = ran
    late = sum(delay_s >= 1 for delay_s in account.delays["upload"])
    assert account.most_waiting >= plan.terminals, "a second's readings at least"
    assert late >= plan.gateways, "each gateway's uploads of a second are late by a second or more"
    assert account.part("upload", 100) >= 1500


def test_a_run_is_told_as_a_table_and_a_picture(ran):
    plan, account, used, _folder = ran
    found = figures(plan, account, used)
    assert found["readings due / acknowledged"] == f"{account.due} / {account.due}"
    assert found["most that waited / wait at the end"].endswith(" / 0")
    assert {"upload, ms: p50 / p90 / p99 / most", "overview page, ms: p50 / p90 / p99 / most"} <= set(found)
    assert drawn(plan, account).count("<polyline") == 5


def test_ctrl_c_gives_the_report_so_far():
    command = [sys.executable, "-m", "tests.fleet", "--terminals", "20", "--window-s", "1", "--seconds", "600"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        told = ""
        while " acknowledged" not in told:
            told += process.stderr.read(1)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, _errors = process.communicate(timeout=60)
    assert process.returncode == 0 and time.monotonic() - began < 30
    assert re.search(r"seconds of load +│ \d+ of 600", out) and "readings due / acknowledged" in out


def test_a_fleet_that_cannot_be_is_refused_in_one_line():
    command = [sys.executable, "-m", "tests.fleet", "--terminals", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "--terminals 0: give 1 to 100 000" in done.stderr.splitlines()[-1]
