"""Ten thousand events in a minute: how long pages take meanwhile, how many messages go out, whether all is there."""

import gzip
import json
import sqlite3
import threading
import time
from pathlib import Path

from collector import accounts, db, equipment, events, notify
from collector.accounts import ROLES
from tests.bench import pages, store_site
from tests.bench.row import Row, seconds
from tests.collector.notify.mailboxes import hook_server, mail_server
from tests.collector.site import BOOT, CT, now_ms

MACHINES, RULES, GATEWAYS = 2_000, 5, 10
SPREAD_S, AT_ONCE = 60, 10  # the storm's length; terminals of an upload
ALL_TOLD_S = 150  # behind the first event
PATHS = (("inbox", "/events"), ("wall board", "/events/wall"), ("first page", "/"))
PAGE_MS, MESSAGES = 500, 2  # to one person: what is first at once, all the rest when its minute is over
ALWAYS = {"severity": "notice", "days": "1234567", "from_min": 0, "to_min": 1440, "outside": "skip", "after_min": 0}


def furnished(folder, machines, mail_port, hook_port):
    """[credential] of gateways with machines that five rules reach, and two who are told."""
    credentials = store_site.furnished(folder, [machines // GATEWAYS] * GATEWAYS)
    (Path(folder) / "collector.toml").write_text(pages.SETTINGS)
    db.open_database(folder)
    accounts.add_administrator("admin", pages.PASSWORD, now_ms(), next(iter(ROLES)))
    with db.write():
        for number in range(machines):
            about = {"asset_number": f"M-{number}", "name": f"machine {number}", "serial": f"{number}"}
            equipment.add_equipment(CT | about, now_ms())
            equipment.bind(store_site.terminal_id(number), f"M-{number}", now_ms())
    for at in range(1, RULES + 1):
        condition = {"kind": "above", "channel": "current_a", "limit": 10.0 * at, "hysteresis": 1.0}
        events.keep_rule(f"current {at}", {}, events.Rule("", condition), "figures", now_ms())
    for kind, url in (
        ("email", f"mailto://127.0.0.1:{mail_port}?from=g@example.com&to=li@example.com"),
        ("webhook", f"http://sixteen-signs-at-least@127.0.0.1:{hook_port}/"),
    ):
        notify.add_route(notify.add_recipient(kind, kind, url), **ALWAYS)
    db.database.close()
    return credentials


def upload(server, credential, numbers, seq, current_ma):
    """One upload of a reading of these machines."""
    blocks = [
        {"terminal_id": store_site.terminal_id(n), "seq": [BOOT + seq], "ts_ms": [now_ms()]}
        | {"columns": {"current_a": [current_ma]}}
        for n in numbers
    ]
    body = gzip.compress(json.dumps({"sent_ms": now_ms(), "readings": blocks, "records": [], "gaps": []}).encode())
    server.ask("POST", store_site.PATH, body, store_site.headers(credential, "application/json"))


def storm(server, credentials, machines, spread_s):
    """Every rule of every machine is raised once, evenly over so many seconds."""
    each, began = machines // len(credentials), time.monotonic()
    for first in range(0, machines, AT_ONCE):
        time.sleep(max(0, began + spread_s * first / machines - time.monotonic()))
        upload(server, credentials[first // each], range(first, min(first + AT_ONCE, machines)), 2, 90_000)


def asked(server, cookie, ended):
    """{page: [milliseconds of an answer]} of pages that are asked one after the other until the end."""
    took = {name: [] for name, _path in PATHS}
    while not ended.is_set():
        for name, path in PATHS:
            took[name].append(1000 * seconds(pages.Asked(server, path, cookie)))
    return took


def kept(folder):
    """(events, tellings that went, events beyond one for each machine and rule)."""
    with sqlite3.connect(Path(folder) / "collector.db", timeout=30) as database:
        ((count, distinct),) = database.execute("SELECT count(*), count(DISTINCT subject || rule) FROM event")
        ((told,),) = database.execute("SELECT count(*) FROM notification WHERE state = 'sent'")
        return count, told, count - distinct


def rows(folder, machines=MACHINES, spread_s=SPREAD_S):
    """Pages, messages and what is kept of a storm."""
    with mail_server() as (box, mail_port), hook_server() as (hook, hook_port):
        credentials = furnished(folder, machines, mail_port, hook_port)
        with store_site.collector(folder) as server, server.turn():
            for at, credential in enumerate(credentials):
                each = machines // len(credentials)
                upload(server, credential, range(at * each, (at + 1) * each), 1, 1_000)
            cookie, ended, took = pages.signed_in(server), threading.Event(), {}
            time.sleep(3)
            reader = threading.Thread(target=lambda: took.update(asked(server, cookie, ended)))
            began = time.monotonic()
            reader.start()
            storm(server, credentials, machines, spread_s)
            raised_s = told_s = 0
            while not told_s and time.monotonic() - began < spread_s + ALL_TOLD_S:
                time.sleep(1)
                (count, told, _doubled), passed_s = kept(folder), time.monotonic() - began
                raised_s = raised_s or passed_s * (count == machines * RULES)
                told_s = passed_s * (told == 2 * machines * RULES)
            ended.set()
            reader.join()
        yield from _pages(took, f"{machines * RULES:,} events in {spread_s} s")
        yield from _told(kept(folder), (raised_s, told_s), machines * RULES, box.mails, hook.told)


def _pages(took, of):
    for name, some in took.items():
        late_ms = sorted(some)[int(0.95 * (len(some) - 1))]
        beside = f"{of}; {len(some)} answers, the slowest {max(some):.0f} ms"
        holds = late_ms < PAGE_MS
        yield Row(f"events, storm, {name}", late_ms, "ms, 95th", beside, PAGE_MS / late_ms, f"< {PAGE_MS} ms", holds)


def _told(found, after, count, mails, hooks):
    events_kept, told, doubled = found
    beside = f"all kept after {after[0]:.0f} s; {told:,} of {2 * count:,} tellings sent"
    beside += f", the last after {after[1]:.0f} s; {doubled} events doubled"
    whole = events_kept == count and told == 2 * count and not doubled
    yield Row("events, storm, kept", events_kept, "events", beside, events_kept / count, f"{count}, each told", whole)
    least, most = sorted((len(mails), len(hooks)))
    beside = f"{len(mails)} mails, {len(hooks)} webhooks: " + "; ".join(mail[1] for mail in mails[:MESSAGES])
    holds = least > 0 and most <= MESSAGES
    yield Row(
        "events, storm, messages to one", most, "messages", beside, MESSAGES / max(most, 1), f"<= {MESSAGES}", holds
    )
