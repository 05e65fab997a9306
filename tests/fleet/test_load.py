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
from click.testing import CliRunner

from collector import db, readings
from tests.fleet import frames
from tests.fleet.__main__ import main, run
from tests.fleet.plan import due_each_second, frames_each_second, of_frames, plan_of
from tests.fleet.played import terminal_id
from tests.fleet.report import drawn, figures
from tests.soak.ledger_site import ROOT


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """(plan, account, used, folder) of a run in which the collector stands still for two seconds."""
    folder, plan = tmp_path_factory.mktemp("fleet"), plan_of(40, 4, window_s=1, seconds=8, pages_per_s=2, upload_s=1)
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


@pytest.mark.parametrize("road", ["a01", "a02"])
def test_ctrl_c_gives_the_report_so_far(road):
    words = ("--road", road, "--terminals", "4", "--window-s", "1", "--seconds", "600")
    command, pipe = [sys.executable, "-m", "tests.fleet", *words], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as process:
        told = ""
        while " acknowledged" not in told:
            told += process.stderr.read(1)
        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everything that was started
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0 and time.monotonic() - began < 30, errors
    assert re.search(r"seconds of load +│ \d+ of 600", out) and "readings due / acknowledged" in out


def test_sealed_frames_are_acknowledged_by_a_real_gateway_once_they_are_committed(tmp_path):
    plan = of_frames(plan_of(5, window_s=1, seconds=4))
    account, used = frames.run(plan, tmp_path, lambda *_: None)
    assert account.acknowledged == account.due == sum(frames_each_second(plan)) == 20 and account.waiting == 0
    assert 0 < account.part("frame", 50) <= account.part("frame", 100) < 30_000
    assert used.cpu_s > 0 and used.rss > 0 and used.written > 0


def test_a_fleet_that_cannot_be_is_refused_in_one_line():
    for words, said in (
        (("--terminals", "0"), "--terminals 0: give 1 to 100 000"),
        (("--road", "a01", "--terminals", "501"), "one gateway carries 1 to 500; take --road a02 for more"),
        (("--picture", "nowhere/x.svg"), "there is no folder nowhere"),
    ):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 2 and said in done.output.splitlines()[-1]
