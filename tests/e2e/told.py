"""What an alarm needs in a whole chain: a rule, two who are told over loopback, heat at a simulated sensor."""

import json
import shutil
from collections import namedtuple
from contextlib import contextmanager
from pathlib import Path

from collector import db, events, notify
from tests.collector.notify.mailboxes import hook_server, mail_server
from tests.collector.site import now_ms
from tests.e2e.chain import Chain

HOT_C, COOL_C, LIMIT_C = 31.0, 22.0, 30.0
RULE = "thirty degrees"
ALWAYS = {"severity": "notice", "days": "1234567", "from_min": 0, "to_min": 1440, "outside": "skip", "after_min": 0}

# addresses: {kind: URL}; mails, hooks: functions that give [(instant, text)] of what has come
Told = namedtuple("Told", ("addresses", "mails", "hooks"))


@contextmanager
def people():
    """The Told of a mail server and a webhook; they have their ports before a chain looks for free ones."""
    with mail_server() as (box, mail_port), hook_server() as (hook, hook_port):
        addresses = {
            "email": f"mailto://127.0.0.1:{mail_port}?from=g@example.com&to=li@example.com",
            "webhook": f"http://sixteen-signs-at-least@127.0.0.1:{hook_port}/",
        }
        yield Told(
            addresses,
            lambda: [(at, f"{title}\n{text}") for at, title, text in list(box.mails)],
            lambda: [(at, f"{said['title']}\n{said['text']}") for at, _sign, _body, said in list(hook.told)],
        )


def chain_of(folder, machines, toml, addresses, **settings):
    """A Chain that does not run yet, with a critical rule for all and these people, who are told of everything."""
    chain = Chain(folder, machines, toml, **settings)
    db.open_database(chain.site.folder / "collector")
    condition = {"kind": "above", "channel": "temperature_c", "limit": LIMIT_C, "hysteresis": 1.0}
    events.keep_rule(RULE, {}, events.Rule("", condition, severity="critical"), "an alarm", now_ms())
    for kind, url in addresses.items():
        notify.add_route(notify.add_recipient(kind, kind, url), **ALWAYS)
    db.database.close()
    return chain


def play(chain, machine, **fixed):
    """Put values into the registers of a terminal's simulated sensors."""
    path = Path(chain.site.folder / machine.terminal_id / "simulated.json")
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({**json.loads(path.read_text()), "fixed": fixed}))
    shutil.move(fresh, path)


def begins(machine, texts):
    """[instant] of messages that say that the rule was raised of a machine, the first time or again."""
    said = f": {machine.name} · "
    return [
        at
        for at, text in texts
        if any(said in line and f": {RULE} (" in line and "is over" not in line for line in text.splitlines())
    ]
