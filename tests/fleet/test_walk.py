"""Each command from the collector's command line over its gateway to a real terminal, and back to `command show`."""

import re
import subprocess
import sys
import time

import pytest

from collector.demo.hospital import MACHINES
from tests.e2e.chain import Chain
from tests.firmware.gateway.home import ROOT

REAL, ABSENT = MACHINES[0].terminal_id, MACHINES[1].terminal_id
WALKS = (  # terminal, verb, what it carries, the states it goes through, what its result says
    (REAL, "status", (), ("queued", "sent", "done"), r'"heap_free": \d+.*"version": "\d+\.\d+\.\d+"'),
    (REAL, "settings", ("window_s=2",), ("queued", "sent", "acknowledged", "done"), r'"window_s": 2'),
    (REAL, "settings", ("edge_a=1.5", "stuck_s=900"), ("queued", "sent", "acknowledged", "done"), r'"edge_a": 1\.5'),
    (REAL, "settings", ("window_s=9999",), ("queued", "sent", "failed"), "it may be 1 to 600"),
    (REAL, "identify", ("seconds=1",), ("queued", "sent", "done"), ""),
    (REAL, "restart", (), ("queued", "sent", "acknowledged", "done"), ""),
    (ABSENT, "restart", (), ("queued", "sent", "expired"), ""),
)
INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


@pytest.mark.timeout(300)
def test_every_command_walks_to_its_terminal_and_its_end_with_issuer_reason_time_and_result(tmp_path):
    with Chain(tmp_path, MACHINES[:1], window_s=1, ack_timeout_s=2, back_off_most_s=1) as chain:

        def say(*words):
            data = str(chain.site.folder / "collector")
            command = [sys.executable, "-m", "collector", "--data", data, *words]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
            return done.stdout

        chain.wait_for_readings(REAL, 2)
        boots = {boot for boot, _n in chain.numbers(REAL)}
        numbers = []
        for terminal_id, verb, pairs, _states, _result in WALKS:
            carried = [word for pair in pairs for word in ("--set", pair)]
            more = ("--expires-min", "1") if terminal_id == ABSENT else ()
            sent = say(
                "command", "send", terminal_id, verb, *carried, "--reason", f"why {verb}", "--issuer", "li", *more
            )
            numbers.append(sent.split()[0])
        for number, (terminal_id, verb, _pairs, states, result) in zip(numbers, WALKS, strict=True):
            deadline = time.monotonic() + 150
            while f"\t{states[-1]}\t" not in (shown := say("command", "show", number)):
                assert time.monotonic() < deadline, shown
                time.sleep(0.5)
            head, why, *steps = shown.splitlines()
            assert head.split("\t")[:3] == [number, terminal_id, verb] and why.startswith(f"li\twhy {verb}\texpires 20")
            went = [step.split("\t", 2) for step in steps]
            assert all(INSTANT.fullmatch(when) for when, *_rest in went)
            # a state that lasts less than a look may be told together with the next
            assert [state for _when, state, _said in went] in (list(states), [s for s in states if s != "acknowledged"])
            assert re.search(result, went[-1][2]), shown
            assert f"{number}\t{terminal_id}\t{verb}\t{states[-1]}\tli\twhy {verb}" in say("command", "list")
        after = max(chain.numbers(REAL))
        assert after[0] >= max(boots) + 3, "two settings and a restart are three starts"
        (line,) = [line for line in say("terminal", "list").splitlines() if line.startswith(f"{REAL}\t")]
        _id, _gateway, valid, seen, version, slot, signal, heap, kept, refused = line.split("\t")
        assert valid == "valid" and INSTANT.fullmatch(seen) and re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert slot in ("a", "b", "-") and signal == "-" and int(heap) > 0 and int(kept) >= 0 and refused == "-"
