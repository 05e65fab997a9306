"""One flooding terminal beside five honest ones, on every road: theirs stay complete and on time."""

import contextlib
import math
import os
import pty
import subprocess
import sys
import time
import tty

import pytest

from firmware.protocol.frame import seq_of
from firmware.protocol.seal import mqtt_password
from tests.fakes.certificates import make_leaf
from tests.fakes.mosquitto import SiteMosquitto
from tests.fakes.platform import Platform
from tests.firmware.gateway.flooder import NAME
from tests.firmware.gateway.home import ROOT, RunningGateway
from tests.firmware.gateway.peer import BOOT_NO, Peer
from tests.ports import free_port

HONEST, LASTS_S, EVERY_S = 5, 5.0, 0.2
P99_S = 2.0  # what the product promises from a reading to the platform
SLOW_MACHINE = 3  # times as long as without a flood, where even that takes long
LIMIT = 10.0  # messages a second: twice what an honest terminal of this test sends


class Punctual(Peer):
    """A terminal that notes how long each reading waited for its acknowledgement."""

    def __init__(self, *given):
        super().__init__(*given)
        self.added_s, self.waited_s = {}, []

    def add(self, **values):
        """As a peer's."""
        seq = super().add(**values)
        self.added_s[seq] = time.monotonic()
        return seq

    def _on(self, client, link, event, now_s, sent_s):
        found = super()._on(client, link, event, now_s, sent_s)
        for seq in list(self.added_s.keys() - self.pending.keys()):
            self.waited_s.append(time.monotonic() - self.added_s.pop(seq))
        return found


class Ground:
    """A platform, a gateway with all roads open, five honest terminals on MQTT, and one that floods a road."""

    def __init__(self, folder, site):
        self.open = contextlib.ExitStack()
        self.platform = self.open.enter_context(Platform(folder / "platform"))
        self.cable, theirs = pty.openpty()
        tty.setraw(theirs)
        settings = {"http__enabled": True, "http__host": "127.0.0.1", "http__port": free_port()}
        settings |= {"serial__ports": os.ttyname(theirs), "flood__messages_per_s": LIMIT}
        if site:
            broker = SiteMosquitto(folder / "broker", make_leaf(self.platform.ca, ["127.0.0.1"]), free_port())
            broker.start()
            self.open.callback(broker.kill)
            settings |= broker.settings
        self.gateway = RunningGateway(folder, self.platform, **settings)
        self.bad = Peer(NAME, 0, self.platform.ca_file)
        self.peers = [Punctual(f"ct-{n:03}", self.gateway.port, self.platform.ca_file) for n in range(HONEST)]
        self.platform.terminals |= {peer.terminal_id: peer.key for peer in [*self.peers, self.bad]}

    def __enter__(self):
        self.open.enter_context(self.gateway)
        for peer in self.peers:
            self.open.enter_context(peer)
            peer.add()
            peer.wait_until_empty()
            peer.waited_s.clear()
        return self

    def __exit__(self, *_error):
        self.open.close()
        os.close(self.cable)

    @contextlib.contextmanager
    def flood(self, road):
        """While it lasts, somebody floods a road."""
        port = self.gateway.settings["http.port"] if road == "http" else self.gateway.port
        where = [str(port), str(self.platform.ca_file), mqtt_password(self.bad.key)]
        where = [str(self.cable)] if road == "serial" else where
        command = [sys.executable, "-m", "tests.firmware.gateway.flooder", road, *where]
        with subprocess.Popen(command, cwd=ROOT, start_new_session=True, pass_fds=[self.cable]) as running:
            try:
                yield
            finally:
                os.killpg(running.pid, 9)

    def waits(self, lasts_s):
        """How long each honest reading waited, shortest first, while they report as they always do."""
        ends_s = time.monotonic() + lasts_s
        while time.monotonic() < ends_s:
            for peer in self.peers:
                peer.add()
            time.sleep(EVERY_S)
        for peer in self.peers:
            peer.wait_until_empty(60)
        return sorted(peer.waited_s.pop() for peer in self.peers for _ in range(len(peer.waited_s)))


def p99_s(waits_s):
    return waits_s[math.ceil(len(waits_s) * 0.99) - 1]


@pytest.mark.parametrize(
    "road,site,counted",
    [
        ("mqtt", False, "flood_paced"),
        ("mqtt", True, "flood_messages"),
        ("http", False, "flood_paced"),
        ("serial", False, "flood_paced"),
    ],
    ids=("mqtt-embedded", "mqtt-mosquitto", "http", "serial"),
)
def test_one_flooding_terminal_starves_none_of_five_honest_ones(tmp_path, road, site, counted):
    with Ground(tmp_path, site) as ground:
        platform = ground.platform
        calm_s = p99_s(ground.waits(LASTS_S / 2))
        with ground.flood(road):
            platform.wait_until(lambda: any(counted in str(row["body"]) for row in platform.records), 120)
            waits_s = ground.waits(LASTS_S)
        print(f"{road}: {len(waits_s)} honest readings, p99 {p99_s(waits_s):.3f} s, without flood {calm_s:.3f} s")
        assert p99_s(waits_s) < max(P99_S, SLOW_MACHINE * calm_s)
        for peer in ground.peers:
            wanted = [seq_of(BOOT_NO, n) for n in range(1, peer.made + 1)]
            platform.wait_until(lambda who=peer.terminal_id, wanted=wanted: platform.numbers(who) == wanted, 60)
        assert counted in ground.gateway.say("status")[1]
    log = ground.gateway.log()
    assert "Traceback" not in log and "never retrieved" not in log, log[-4000:]
    assert "flood_barred" in log or not site, "whose connection is not ours to slow is kept out"
