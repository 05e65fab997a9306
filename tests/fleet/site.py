"""A collector for a fleet: its state with every terminal, gateway and piece of equipment, and its process."""

import re
import secrets
import ssl
import time

import httpx

from collector import accounts, db, gateways
from collector.config import FILE, read_settings
from collector.equipment import KINDS, Binding, Equipment
from collector.gateways import Gateway, Terminal, secret
from firmware.gateway import compact
from tests.collector.site import NO_FACTOR, enrolled
from tests.fleet.account import used_by
from tests.fleet.before import store
from tests.fleet.door import Door
from tests.fleet.plan import gateway_of
from tests.fleet.played import gateway_id, terminal_id
from tests.ports import free_port
from tests.soak.ledger_site import Process

AGENT = "tests.fleet"  # a session serves the browser it began in
HOST, USER, READY = "127.0.0.1", "fleet", "collector ready"
PER_ROOM, PER_DEPARTMENT, AT_ONCE = 50, 500, 500


class FleetSite:
    """A collector of its own in a folder. Use as a context."""

    def __init__(self, folder, plan, settings="", before=0):
        """`settings`: lines of its collector.toml; `before`: windows of the hour before that wait to be sealed."""
        self.data, self.port, self._password = folder / "collector", free_port(), secrets.token_urlsafe(15)
        self._furnish(plan, before)
        (self.data / "collector.toml").write_text(NO_FACTOR + settings)
        words = ("--data", self.data, "serve", "--port", self.port)
        self.process = Process("collector", folder, "collector", *words)
        self.process.log_file.touch()

    def __enter__(self):
        self.trust = ssl.create_default_context(cafile=self.data / "ca/a02.crt")
        self._start()
        self._session = self._signed_in()
        return self

    def __exit__(self, *_error):
        self.process.kill()

    def _start(self):
        starts = self.process.said(READY)
        self.process.start()
        self.process.wait_for(READY, more_than=starts)

    def start_again(self, settings):
        """Kill it, and start it with other settings."""
        self.process.kill()
        (self.data / FILE).write_text(NO_FACTOR + settings)
        self._start()

    def _furnish(self, plan, before):
        now_ms = round(time.time() * 1000)
        db.open_database(self.data, make=True)
        db.migrate()
        gateways.init_ca(self.data)
        gateways.issue_server(self.data, (HOST,), read_settings(self.data)["certificate_years"], now_ms)
        accounts.add_administrator(USER, self._password, now_ms)
        with db.write():
            self._credentials = [enrolled(self.data, gateway_id(gateway)) for gateway in range(plan.gateways)]
            for some in _batched(range(plan.terminals), AT_ONCE):
                self._register(plan, some, now_ms)
        store(plan, before)
        db.database.close()

    def _register(self, plan, terminals, now_ms):
        """What `terminal add`, `terminal assign`, `equipment add` and `bind` do, for many at once."""
        ids = {one.gateway_id: one.id for one in Gateway.select()}
        rooms = {number: _room(number).id for number in {terminal // PER_ROOM for terminal in terminals}}
        first = 1 + Equipment.select().count()
        rows = [
            (terminal_id(one), secret.wrap(self.data, terminal_id(one), secrets.token_bytes(32)))
            + (ids[gateway_id(gateway_of(plan, one))], now_ms)
            for one in terminals
        ]
        fields = (Terminal.terminal_id, Terminal.wrapped_secret, Terminal.gateway, Terminal.created_ms)
        Terminal.insert_many(rows, fields).execute()
        rows = [
            (f"A-{one:06}", f"{(kind := KINDS[one % len(KINDS)])} {one}", kind, "Maker", "Model", f"S-{one}")
            + (rooms[one // PER_ROOM], now_ms)
            for one in terminals
        ]
        names = ("asset_number", "name", "kind", "maker", "model", "serial", "room", "created_ms")
        Equipment.insert_many(rows, [getattr(Equipment, name) for name in names]).execute()
        rows = [(terminal_id(one), "all", first + at, "equipment", 0) for at, one in enumerate(terminals)]
        names = ("terminal_id", "channel_group", "equipment", "place", "from_ms")
        Binding.insert_many(rows, [getattr(Binding, name) for name in names]).execute()

    def gateway(self, gateway):
        """A gateway's Door, by its number."""
        bearer = f"Bearer {self._credentials[gateway]}"
        headers = {"Authorization": bearer, "Content-Type": compact.CONTENT_TYPE, "Content-Encoding": "gzip"}
        return Door(HOST, self.port, self.trust, headers)

    def person(self):
        """The Door of somebody who has signed in."""
        return Door(HOST, self.port, self.trust, {"Cookie": self._session, "User-Agent": AGENT})

    def used(self):
        """Used by the collector's process since its start; memory: now."""
        return used_by(self.process.pid)

    def _signed_in(self):
        with httpx.Client(
            base_url=f"https://{HOST}:{self.port}", verify=self.trust, timeout=60, headers={"User-Agent": AGENT}
        ) as client:
            page = client.get("/sign-in").text
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
            form = {"csrf_token": token, "name": USER, "password": self._password}
            answer = client.post("/sign-in", data=form, headers={"Referer": f"https://{HOST}:{self.port}/sign-in"})
            assert answer.status_code == 302, f"signing in is answered with {answer.status_code}"
            return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def _room(number):
    return accounts.room_named("Province", f"Department {number * PER_ROOM // PER_DEPARTMENT}", f"Room {number}")


def _batched(numbers, size):
    return [numbers[at : at + size] for at in range(0, len(numbers), size)]
