"""From a window that closes at 31 degrees to a mail and a webhook: a collector's process with its jobs as they are.

Windows close at instants by chance, a gateway uploads what has closed every so many seconds; the mail server and the
webhook are real ones on loopback. What a terminal and a gateway take before the upload is measured elsewhere.
"""

import gzip
import json
import random
import statistics
import time
from collections import defaultdict

from collector import db, equipment, notify
from tests.bench import store_site
from tests.bench.row import Row
from tests.collector.notify.mailboxes import hook_server, mail_server
from tests.collector.site import BOOT, CT, now_ms

ROOMS, SPREAD_S, WAIT_S = 40, 40, 30
EVERY_S = ((5, 10), (1, 5))  # seconds between uploads, seconds that 99 of 100 messages may take
ALWAYS = {"severity": "serious", "days": "1234567", "from_min": 0, "to_min": 1440, "outside": "skip", "after_min": 0}


def furnished(folder, mail_port, hook_port):
    """The credential of a gateway with a room for each terminal, and two who are told."""
    (credential,) = store_site.furnished(folder, [ROOMS * len(EVERY_S)])
    db.open_database(folder)
    for number in range(ROOMS * len(EVERY_S)):
        about = {"asset_number": f"R-{number}", "name": f"room {number}", "serial": f"{number}"}
        equipment.add_equipment(CT | about, now_ms())
        equipment.bind(store_site.terminal_id(number), f"R-{number}", now_ms())
    for kind, url in (
        ("email", f"mailto://127.0.0.1:{mail_port}?from=g@example.com&to=li@example.com"),
        ("webhook", f"http://sixteen-signs-at-least@127.0.0.1:{hook_port}/"),
    ):
        notify.add_route(notify.add_recipient(kind, kind, url), **ALWAYS)
    db.database.close()
    return credential


def upload(server, credential, numbers, seq, temperature):
    """One upload of a reading of these rooms."""
    blocks = [
        {"terminal_id": store_site.terminal_id(n), "seq": [BOOT + seq], "ts_ms": [now_ms() - 10_000]}
        | {"columns": {"temperature_c": [temperature]}}
        for n in numbers
    ]
    body = gzip.compress(json.dumps({"sent_ms": now_ms(), "readings": blocks, "records": [], "gaps": []}).encode())
    server.ask("POST", store_site.PATH, body, store_site.headers(credential, "application/json"))


def round_of(server, credential, first, every_s):
    """{room: the instant its window closed} of rooms that become hot at instants by chance."""
    rooms = range(first, first + ROOMS)
    upload(server, credential, rooms, 1, 2200)
    began = time.time()
    closes = {room: began + random.Random(room).uniform(1, SPREAD_S) for room in rooms}
    waiting, tick = dict(closes), began
    while waiting:
        tick += every_s
        time.sleep(max(0, tick - time.time()))
        closed = [room for room, at in waiting.items() if at <= time.time()]
        if closed:
            upload(server, credential, closed, 2, 3100)
            waiting = {room: at for room, at in waiting.items() if room not in closed}
    return closes


def delays(closes, told):
    """{way: [seconds from the end of a window to its message]}; a storm's message names several rooms."""
    until, found = time.time() + WAIT_S, defaultdict(dict)
    while time.time() < until and any(len(found[way]) < len(closes) for way in told):
        for way, said in told.items():
            for at, text in said():
                for room, closed in closes.items():
                    if f"room {room} " in text and at > closed:
                        found[way].setdefault(room, at - closed)
        time.sleep(0.2)
    return {way: list(some.values()) for way, some in found.items()}


def rows(folder):
    """Median and p99 of both ways, for each pace of uploads."""
    with mail_server() as (box, mail_port), hook_server() as (hook, hook_port):
        credential = furnished(folder, mail_port, hook_port)
        told = {
            "mail": lambda: [(at, f"{title} {text}") for at, title, text in list(box.mails)],
            "webhook": lambda: [(at, f"{said['title']} {said['text']}") for at, _sign, _body, said in list(hook.told)],
        }
        with store_site.collector(folder) as server:
            for at, (every_s, most_s) in enumerate(EVERY_S):
                closes = round_of(server, credential, at * ROOMS, every_s)
                for way, some in delays(closes, told).items():
                    p99 = sorted(some)[-1 - len(some) // 100] if some else float("inf")
                    said = f"median {statistics.median(some):.1f} s, {len(some)} of {ROOMS} rooms" if some else "none"
                    good = len(some) == ROOMS and p99 < most_s
                    name = f"events, window to {way}, upload every {every_s} s, p99"
                    yield Row(name, p99, "s", said, most_s / p99, f"< {most_s} s", good)
