"""A hospital to be hit: a collector, a gateway on a small disk, a mosquitto, and terminals; all real, on loopback."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections import namedtuple
from contextlib import suppress
from pathlib import Path

import numpy as np

from collector import db, gateways, readings
from collector.config import read_settings
from firmware.gateway import commands, enrolment
from firmware.gateway.config import DEFAULTS
from firmware.gateway.identity import read_identity
from firmware.protocol.channels import BY_NAME
from tests.collector.site import kept_of
from tests.fakes.mosquitto import SiteMosquitto
from tests.fakes.terminal import SimulatedTerminal
from tests.firmware.gateway.home import write_toml
from tests.ports import free_port
from tests.soak.ledger_account import Stored, account

ROOT = Path(__file__).parents[2]
GATEWAY, LOOPBACK = "gw-1", "127.0.0.1"
DISK = "16m"
AGAIN_S = 2  # what ends by itself is started again after so long, as systemd would
WINDOW_S = 2
TERMINAL = {
    "window_s": WINDOW_S,
    "sample_every_ms": 500,
    "ack_timeout_s": 12,
    "back_off_first_s": 0.5,
    "back_off_most_s": 10,
    "distrust_s": 20,
    "watchdog_ms": 60000,
}
QUICK = {
    "status.every_s": 10.0,
    "collector.terminals_every_s": 3.0,
    "upload.back_off_most_s": 5.0,
    "outbox.disk_free_mb": 1,
}
Leaf = namedtuple("Leaf", ("pem", "key_pem"))  # the gateway's own certificate serves the broker too
DAY_MS = 86_400_000
CHANNEL = "temperature_c"  # whose hours are held against its readings


class Process:
    """A program with its log: killed, started, and started again when it ends by itself."""

    def __init__(self, name, folder, *words):
        self.log_file, self._words, self._process = folder / f"{name}.log", words, None
        self.kills = self.ends = 0
        self._again_s = None

    @property
    def pid(self):
        """Its number, while it runs."""
        return self._process.pid

    def start(self):
        """Start it."""
        with open(self.log_file, "ab") as log:
            command = [sys.executable, "-m", *map(str, self._words)]
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def tend(self, now_s):
        """Start it again when it has ended by itself."""
        if self._process is None or self._process.poll() is None:
            return
        if self._again_s is None:
            self.ends, self._again_s = self.ends + 1, now_s + AGAIN_S
        elif now_s >= self._again_s:
            self._again_s = None
            self.start()

    def kill(self):
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process, self._again_s, self.kills = None, None, self.kills + 1

    def said(self, words):
        """How often its log has these words."""
        return self.log_file.read_text(errors="replace").count(words)

    def wait_for(self, words, seconds=60, more_than=0):
        """Wait until its log has these words, more than so many times."""
        deadline = time.monotonic() + seconds
        while self.said(words) <= more_than:
            assert time.monotonic() < deadline, f"{self._words[0]} does not say {words!r}:\n{self.log_file.read_text()}"
            time.sleep(0.1)


class Broker:
    """The site's mosquitto as a Process is: what it wrote its process number into goes with it. Its certificate is what
    the gateway gives it, as where the installer was."""

    def __init__(self, folder, identity, port):
        pem = Path(identity.certificate).read_bytes()
        self._site, self.kills, self.ends = SiteMosquitto(folder, Leaf(pem, pem), port), 0, 0
        config = folder / "mosquitto.conf"
        config.write_text(config.read_text().replace("server.key", "server.pem"))
        self.settings = {**self._site.settings, "mqtt__certificate_file": str(folder / "server.pem")}

    def start(self):
        """Start it."""
        self._site.start()

    def tend(self, _now_s):
        """Start it again when it has ended by itself: a signal may reach it before it listens for any."""
        if self._site.ended():
            self.ends += 1
            self._site.start()

    def kill(self):
        """kill -9."""
        (self._site.folder / "pid").unlink(missing_ok=True)
        self._site.kill()
        self.kills += 1


class SmallDisk:
    """A tmpfs of DISK bytes where we may mount one. Use as a context; without the right to, `mounted` is False."""

    def __init__(self, folder):
        self.folder, self._ballast = folder, folder / "ballast"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "tmpfs", str(folder)]
        self.mounted = subprocess.run(command, capture_output=True).returncode == 0

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def fill(self):
        """Not a byte is free."""
        with open(self._ballast, "wb", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(4096))

    def free(self):
        """As before."""
        self._ballast.unlink(missing_ok=True)


class Site:
    """Everything, in a folder. Use as a context: nothing is left running."""

    def __init__(self, folder, disk, terminals, outbox_most):
        self.folder, self.disk, self.data = folder, disk, folder / "collector"
        self.ids = [f"ct-{at:02}" for at in range(terminals)]
        port, secrets = free_port(), {name: os.urandom(32) for name in self.ids}
        code = self._register(secrets)
        words = ("--data", self.data, "serve", "--port", port)
        self.collector = Process("collector", folder, "collector", *words)
        self.collector.start()
        self.collector.wait_for("collector ready")
        self.state, broker_port = disk.folder / "state", free_port()
        settings = {**DEFAULTS, **QUICK, "state": str(self.state), "outbox.readings_most": outbox_most}
        settings |= {"collector.url": f"https://{LOOPBACK}:{port}", "collector.ca": str(folder / "ca.pem")}
        settings["mqtt.host"] = LOOPBACK
        asyncio.run(enrolment.enrol(settings, code, [LOOPBACK]))
        self.broker = Broker(folder / "broker", read_identity(self.state), broker_port)
        settings |= {name.replace("__", "."): value for name, value in self.broker.settings.items()}
        write_toml(folder / "gateway.toml", settings)
        self.gateway = Process("gateway", folder, "firmware.gateway", "--config", folder / "gateway.toml", "run")
        self.processes = {"collector": self.collector, "gateway": self.gateway, "broker": self.broker}
        ca = gateways.ca_der(self.data, gateways.A01)
        road = (GATEWAY, LOOPBACK, broker_port, LOOPBACK)
        self.terminals = [SimulatedTerminal(folder / one, secrets[one], [road], ca, one, TERMINAL) for one in self.ids]

    def _register(self, secrets):
        """A new collector's database with the gateway and its terminals; the gateway's code."""
        now_ms = round(time.time() * 1000)
        db.open_database(self.data, make=True)
        db.migrate()
        gateways.init_ca(self.data)
        years = read_settings(self.data)["certificate_years"]
        gateways.issue_server(self.data, (LOOPBACK,), years, now_ms)
        (self.folder / "ca.pem").write_bytes(gateways.ca_pem(self.data, gateways.A02))
        code = gateways.add_gateway(GATEWAY, 1, now_ms)
        for terminal_id, secret in secrets.items():
            gateways.add_terminal(self.data, terminal_id, secret, now_ms)
            gateways.assign_terminal(terminal_id, GATEWAY)
        db.database.close()
        return code

    def __enter__(self):
        self.broker.start()
        self.gateway.start()
        self.gateway.wait_for("gateway ready")
        for terminal in self.terminals:
            terminal.start()
        return self

    def __exit__(self, *_error):
        for terminal in self.terminals:
            terminal.kill()
        for process in self.processes.values():
            process.kill()
        self.disk.free()

    def settle_outbox(self):
        """Close the outbox of a gateway that was killed: what it had written ahead takes no room any more."""
        closing_it = sqlite3.connect(self.state / "outbox.db")
        closing_it.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        closing_it.close()

    def said(self):
        """{terminal id: (when, its status)}, as the gateway keeps it."""
        return commands.look(self.state)[0]

    def accounts(self, said):
        """[Account] of every terminal, held against what each said of itself before."""
        db.open_database(self.data)
        try:
            return [_account(one, said[one]) for one in self.ids]
        finally:
            db.database.close()


def _account(terminal_id, said):
    """First the hours, then the readings: what comes in between is in the readings only."""
    now_ms = round(time.time() * 1000)
    hours = readings.hours(terminal_id, CHANNEL, readings.hour_of(now_ms - DAY_MS), now_ms + DAY_MS)
    kept = kept_of(terminal_id, CHANNEL)
    rows = map(Stored, kept.seq.tolist(), (kept.seq - kept.behind).tolist(), kept.ts_ms.tolist())
    gaps = db.rows("SELECT from_seq, to_seq, reason FROM gap WHERE terminal_id = ?", (terminal_id,))
    told = account(terminal_id, said["boot_no"], said["made"], list(rows), gaps)
    measured = np.isfinite(readings.values_of(kept, BY_NAME[CHANNEL].id)) if len(kept.seq) else slice(0, 0)
    more = sum(one.n for one in hours) - int(kept.windows[measured].sum())
    return told._replace(doubled=told.doubled + max(0, more))
