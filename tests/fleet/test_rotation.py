"""A terminal's secret replaced over the whole real chain, with every hop killed on the way, and with another gateway.

Collector, gateways and the terminal are the real processes.
"""

import json
import time
from contextlib import contextmanager

import pytest

from collector import db, gateways
from collector.demo.hospital import GATEWAYS, MACHINES, first_boot_no
from collector.gateways.models import Command, Terminal
from collector.gateways.secret import unwrap
from firmware.protocol.identity import identity_in
from firmware.protocol.seal import gateway_key
from tests.e2e.chain import Chain
from tests.fakes.terminal import SimulatedTerminal

TERMINAL = MACHINES[0].terminal_id
FIRST, SECOND = GATEWAYS
WITHIN_S = 90
SHORT_PAUSES = "\n[upload]\nback_off_most_s = 1\nrefused_pause_s = 1\n[commands]\nevery_s = 0.5\n"


def now_ms():
    return time.time_ns() // 1_000_000


class Rotations:
    """A chain with one terminal that may speak to both gateways, and what each hop holds of its secret."""

    def __init__(self, chain, folder):
        site = chain.site
        roads = [(one, "127.0.0.1", site.broker_ports[one], "127.0.0.1") for one in GATEWAYS]
        ca_der = gateways.ca_der(site.folder / "collector", gateways.A01)
        self.chain, self.data = chain, site.folder / "collector"
        self.terminal = SimulatedTerminal(
            folder, site.secrets[TERMINAL], roads, ca_der, TERMINAL, {"back_off_most_s": 2}, first_boot_no(site)
        )
        self.terminal.furnish()  # it runs from a signed image, as boards do

    def rotate(self):
        """The number of the command."""
        return gateways.rotate(self.data, TERMINAL, "test", "for the test", 60, now_ms())

    def under_way(self):
        return Terminal.get_by_id(TERMINAL).wrapped_next is not None

    def secret(self):
        """The one that counts at the collector."""
        return unwrap(self.data, TERMINAL, Terminal.get_by_id(TERMINAL).wrapped_secret)

    def kept(self):
        """What the terminal keeps, {} while its secret was never replaced."""
        path = self.terminal.folder / "secret.json"
        return identity_in(path.read_text()) if path.exists() else {}

    def table(self, gateway_id):
        """(key, next key or None) of the terminal on a gateway's disk, as hex."""
        kept = json.loads((self.chain.site.folder / gateway_id / "state/terminals.json").read_text())
        return kept["keys"].get(TERMINAL), kept["next"].get(TERMINAL, (None, None))[1]

    def until(self, holds, what):
        deadline = time.monotonic() + WITHIN_S
        while not holds():
            said = "\n".join(self.terminal.lines[-15:])
            assert time.monotonic() < deadline, f"{what}: not in time\n{self.kept().keys()}\n{said}"
            time.sleep(0.1)

    def settled(self, gateway_id, number):
        """Wait until every hop has the new secret and nothing else."""
        self.until(lambda: not self.under_way(), "the collector")
        self.until(lambda: "old" not in self.kept(), "the terminal")
        new = self.secret()
        self.until(
            lambda: self.table(gateway_id) == (gateway_key(new, gateway_id).hex(), None), "the gateway has the new key"
        )
        assert self.kept()["new"] == new.hex() and self.kept()["number"] == number
        self.until(lambda: Command.get_by_id(number).state == "done", "the command is done")
        return new

    def readings_arrive(self):
        newest = self.chain.numbers(TERMINAL)[-1:]
        self.until(lambda: self.chain.numbers(TERMINAL)[-1:] > newest, "readings arrive")


@contextmanager
def rotations(tmp_path):
    with Chain(tmp_path / "site", (), SHORT_PAUSES) as chain:
        db.open_database(chain.site.folder / "collector")
        try:
            made = Rotations(chain, tmp_path / "terminal")
            with made.terminal:
                made.readings_arrive()
                yield made
        finally:
            db.database.close()


@pytest.mark.timeout(300)
def test_a_secret_is_replaced_though_every_hop_is_killed_on_the_way(tmp_path):
    with rotations(tmp_path) as made:
        first, chain = made.secret(), made.chain
        chain.processes.kill(FIRST)  # it is away while it is asked for
        number = made.rotate()
        chain.start_gateway(FIRST)
        made.until(lambda: made.kept() or not made.under_way(), "the terminal has it")
        made.terminal.restart()
        chain.processes.kill(FIRST)
        chain.processes.kill("collector")
        chain.start_gateway(FIRST)
        made.until(lambda: "old" not in made.kept(), "proved under the new one without the collector")
        chain.processes.kill(FIRST)
        chain.start_collector()
        assert made.under_way() and made.secret() == first
        chain.start_gateway(FIRST)
        second = made.settled(FIRST, number)
        made.readings_arrive()
        third = made.settled(FIRST, made.rotate())
        made.readings_arrive()
        assert len({first, second, third}) == 3
        logs = "".join(path.read_text() for path in chain.processes.logs.iterdir()) + "\n".join(made.terminal.lines)
        for secret in (first, second, third):
            assert secret.hex() not in logs and gateway_key(secret, FIRST).hex() not in logs


@pytest.mark.timeout(300)
def test_another_gateway_goes_on_where_the_first_died_and_a_revoked_one_proves_nothing_any_more(tmp_path):
    with rotations(tmp_path) as made:
        chain = made.chain
        number = made.rotate()
        made.until(lambda: made.table(FIRST)[1], "the gateway has both keys")
        chain.processes.kill("collector")
        made.until(lambda: made.kept() and "old" not in made.kept(), "the terminal has let the old one go")
        chain.processes.kill(FIRST)  # the collector never heard of it
        chain.start_collector()
        gateways.assign_terminal(TERMINAL, SECOND)
        made.settled(SECOND, number)
        made.readings_arrive()

        gateways.revoke_gateway(FIRST, now_ms())
        made.settled(SECOND, made.rotate())
        chain.start_gateway(FIRST)  # revoked, it still runs, with the key it had
        refused = len([line for line in made.terminal.lines if f"link refused {FIRST}" in line])
        made.terminal.restart()
        made.terminal.expect(f"link refused {FIRST}", 60, refused + 1)
        made.readings_arrive()
        assert chain.rows("SELECT count(*) FROM refusal WHERE code = 'credential_revoked'")[0][0] > 0
        log = (chain.processes.logs / f"{FIRST}.log").read_text()
        assert "credential_revoked" in log
