"""How long the collector takes for its pages: 500 pieces of equipment, five million readings, beside a bare Flask page.

The readings are stored as uploads store them: a month of ten units, half a day of all others, folded; and an hour
that is not folded yet, of gateways that upload every ten seconds. Pages are asked over loopback by somebody signed in,
one after the other, the bare page between them, each by the quickest of three; a goal is held against the 95th of 100.
"""

import re
import statistics
import sys
import tempfile
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from collector import accounts, db, environment, equipment, readings
from collector.accounts import ROLES
from collector.clock import now_ms
from firmware.protocol.channels import BY_NAME
from tests.bench import store_kept, store_peers, store_site
from tests.bench.row import Row, seconds
from tests.bench.store_data import CHANNELS, DAY, EVERY_MS, trace
from tests.bench.store_site import terminal_id
from tests.servers import ports

MACHINES, LONG, LONG_DAYS, SHORT, TERMINALS_OF_ONE = 500, 10, 30, 4_800, 30  # SHORT: windows of the others
FRESH_S, ROUNDS = 3600, 100
KINDS = tuple(equipment.KINDS)
SETTINGS = 'second_factor_roles = ""\nsecure_cookie = false\napi_per_min = 1000000\n' + store_site.SEALS_NEVER
PASSWORD = "a password for figures"
OVERVIEW_MS, ONE_MS = 150, 100
UNIT, LONG_UNIT = 250, 1  # of a day, of a month


def pages(units=(UNIT, LONG_UNIT)):
    """[(name, path, most milliseconds)] of what is asked, for a unit with a day and one with a month of readings."""
    short, long = units
    return (
        ("overview", "/", OVERVIEW_MS),
        ("overview, as JSON", "/api/v1/overview", OVERVIEW_MS),
        ("equipment", f"/equipment/{short}", ONE_MS),
        ("equipment, a day of its charts", f"/api/v1/equipment/{long}/series?span=day", ONE_MS),
        ("equipment, a month of its charts", f"/api/v1/equipment/{long}/series?span=month", ONE_MS),
        ("surroundings of all", "/environment", OVERVIEW_MS),
        ("surroundings of one", f"/environment/{short}", ONE_MS),
        ("surroundings of one with a month", f"/environment/{long}", ONE_MS),
        ("surroundings of one, a day of its charts", f"/api/v1/equipment/{long}/environment/series?span=day", ONE_MS),
    )


def rows(
    folder=None, machines=MACHINES, long=LONG, days=LONG_DAYS, fresh_s=FRESH_S, rounds=ROUNDS, units=(UNIT, LONG_UNIT)
):
    """As a room of tests.bench; less of everything for a test."""
    with tempfile.TemporaryDirectory(prefix="gantry-bench-", dir=folder) as name:
        count = fill(Path(name) / "data", machines, long, days, fresh_s)
        with store_site.collector(Path(name) / "data") as ours, bare(Path(name)) as peer, ours.turn(), peer.turn():
            cookie = signed_in(ours)
            for what, path, most_ms in pages(units):
                yield _row(f"pages, {what}", Asked(ours, path, cookie), Asked(peer, "/", {}), most_ms, count, rounds)


class Asked:
    """A page of a server, for somebody."""

    def __init__(self, server, path, headers):
        self.server, self.path, self.headers = server, path, headers

    def __call__(self):
        return self.server.ask("GET", self.path, headers=self.headers)


def _row(name, ours, peer, most_ms, count, rounds):
    assert len(ours()) > 500 and peer()
    first_ms = seconds(ours) * 1000
    pairs = [(_quickest_ms(ours), _quickest_ms(peer)) for _ in range(rounds)]
    mine, theirs = (sorted(one) for one in zip(*pairs, strict=True))
    late_ms = mine[int(0.95 * (len(mine) - 1))]
    median_ms, bare_ms = statistics.median(mine), statistics.median(theirs)
    beside = f"bare Flask page: {bare_ms:.2f} ms; ours: median {median_ms:.3g} ms, second answer {first_ms:.3g} ms"
    beside += f"; {count:,} readings"
    return Row(name, late_ms, "ms, 95th of 100", beside, median_ms / bare_ms, f"< {most_ms} ms", late_ms < most_ms)


def _quickest_ms(action):
    """Of three: somebody else may have had the processor."""
    return min(seconds(action) for _ in range(3)) * 1000


# A hospital, or a city of them.


def fill(folder, machines, long, days, fresh_s):
    """Equipment, people, limits and readings; how many readings."""
    store_site.furnished(folder, [TERMINALS_OF_ONE] * -(-machines // TERMINALS_OF_ONE))
    (folder / "collector.toml").write_text(SETTINGS)
    db.open_database(folder)
    _register(machines)
    windows = {number: days * DAY if number < long else SHORT for number in range(machines)}
    count = sum(_kept(number, some) for number, some in windows.items()) + _fresh(machines, fresh_s)
    db.database.close()
    return count


def _register(machines):
    now, target = now_ms(), environment.Target
    accounts.add_administrator("admin", PASSWORD, now, next(iter(ROLES)))
    with db.write():
        for number in range(machines):
            kind = KINDS[number % len(KINDS)]
            about = {"maker": f"Maker {number % 7}", "model": f"{kind} {number % 21}", "serial": f"S-{number:04d}"}
            place = {
                "institution": f"Hospital {number % 3}",
                "department": f"Ward {number % 12}",
                "room": f"R {number % 40}",
            }
            named = {"asset_number": f"A-{number:04d}", "name": f"{kind} {number:03d}", "kind": kind}
            equipment.add_equipment(named | about | place, now)
            equipment.bind(terminal_id(number), f"A-{number:04d}", now)
    levels, indicator = {"low_alarm": 18, "low_warning": 19, "high_alarm": 25}, environment.INDICATORS[0]
    targets = [target(kind, f"Maker {n}", None, None) for kind in KINDS for n in range(7)]
    targets += [target(None, None, None, number + 1) for number in range(0, machines, 10)]
    for one in targets:
        environment.set_limit(one, indicator, levels, "manual", "figures", now, from_ms=1)


def _kept(number, windows):
    found = trace(windows, number, store_kept.begin_of(-(-windows // DAY)))
    store_kept.keep(number, found, store_kept.steps_of(found))
    return len(found.seq)


def _fresh(machines, fresh_s):
    """The newest readings, unfolded, one of each terminal in each upload of its gateway; how many."""
    count, now = fresh_s * 1000 // EVERY_MS, now_ms()
    traces = [trace(count, 9000 + number, now - count * EVERY_MS) for number in range(machines)]
    for first in range(0, machines, TERMINALS_OF_ONE):
        some = range(first, min(first + TERMINALS_OF_ONE, machines))
        names, starts = [terminal_id(number) for number in some], np.arange(len(some))
        for at in range(count):
            steps = {
                BY_NAME[name].id: np.array([traces[number].steps[place][at] for number in some])
                for place, name in enumerate(CHANNELS)
            }
            seq = np.array([(2 << 24) + 1 + at] * len(some))
            ts_ms = np.array([int(traces[number].ts_ms[at]) for number in some])
            zeros = np.zeros(len(some), np.int64)
            found = readings.Columns(seq, ts_ms, zeros, zeros + 1, zeros.copy(), steps, {})
            with db.write():
                readings.take([readings.Arrival(names, starts, found)], 100_000 + first)
    return machines * count


# Asking.


def signed_in(server):
    """The headers of somebody who has signed in."""
    answer = _answer(server, "GET", "/sign-in", None, {})
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer[1])[1]
    form = urlencode({"csrf_token": token, "name": "admin", "password": PASSWORD})
    headers = {"Cookie": answer[0], "Content-Type": "application/x-www-form-urlencoded"}
    return {"Cookie": _answer(server, "POST", "/sign-in", form, headers)[0]}


def _answer(server, method, path, body, headers):
    """(the cookies an answer sets, its text)"""
    connection = store_peers.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    said, jar = answer.read().decode(), SimpleCookie(answer.headers["Set-Cookie"] or "")
    connection.close()
    return "; ".join(f"{name}={one.value}" for name, one in jar.items()), said


def bare(folder):
    """tests/bench/pages_flask.py: one page of Flask's, served as ours are."""
    (port,) = ports.free()
    command = [sys.executable, "-m", "tests.bench.pages_flask", str(port)]
    return store_peers.serving(command, port, "/", folder)
