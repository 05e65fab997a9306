"""500 commands while power goes everywhere: each is done once or expired, none lost, none twice.

Collector, gateways and two terminals are the real processes, killed without warning; the other terminals speak A01 by
the protocol's own link and lose their power by themselves, before and after doing what they are asked.
"""

import random
import time
from contextlib import ExitStack

import pytest

from collector import db, gateways
from collector.demo import hospital
from collector.demo.hospital import MACHINES
from collector.gateways.fleet import OPEN
from collector.gateways.models import Command
from tests.e2e.chain import Chain
from tests.fleet.doer import Doer

REAL, DOING, ABSENT = (MACHINES[0], MACHINES[3]), (MACHINES[1], MACHINES[2], MACHINES[4]), MACHINES[5]
PER_REAL, PER_DOING, TO_ABSENT = 7, 153, 27  # 500 in all
KILLS = 8
MINUTE_MS = 60_000
WITHIN_S = 240
DOES_NOT_WAIT = 3  # every so many-th command's time is over in seconds


class Ledger:
    """What was asked, and what came of it."""

    def __init__(self):
        self.asked = {}

    def ask(self, machine, verb, body, lasts_s):
        """One more command, whose time is over in `lasts_s`."""
        made_ms = time.time_ns() // 1_000_000 - MINUTE_MS * 10 + round(lasts_s * 1000)
        number = gateways.send_command(machine.terminal_id, verb, body, "test", "500 commands", 10, made_ms)
        self.asked[number] = machine.terminal_id

    def open(self):
        """How many are not over."""
        return Command.select().where(Command.state.in_(OPEN)).count()

    def states(self):
        """{number: state} as the collector says it."""
        return {one.id: one.state for one in Command.select()}


def ask_everything(ledger, dice):
    """Commands for every terminal, as many as may wait at once; the rest of the numbers still to ask."""
    left = [(machine, n) for machine in DOING for n in range(PER_DOING)]
    for machine in REAL:
        for n in range(PER_REAL):
            verb = ("settings", "restart", "status")[n % 3]
            ledger.ask(machine, verb, {"window_s": 2 + n} if verb == "settings" else {}, 600)
    for _ in range(TO_ABSENT):
        ledger.ask(ABSENT, "restart", {}, dice.uniform(1, 20))
    return left


def ask_more(ledger, dice, left):
    """Ask what fits."""
    for machine, n in list(left):
        waiting = Command.select().where(Command.terminal_id == machine.terminal_id, Command.state.in_(OPEN)).count()
        if waiting < 60:
            lasts_s = dice.uniform(0.5, 20) if n % DOES_NOT_WAIT == 0 else 600
            ledger.ask(machine, ("restart", "settings")[n % 2], {"window_s": 1 + n}, lasts_s)
            left.remove((machine, n))


def kill_one(chain, dice):
    """Cut the power of a hop, and switch it on again."""
    name = dice.choice(["collector", *hospital.GATEWAYS, *(machine.terminal_id for machine in REAL)])
    chain.processes.kill(name)
    if name == "collector":
        chain.start_collector()
    elif name in hospital.GATEWAYS:
        chain.start_gateway(name)
    else:
        chain.processes.start(name, "boards.simulated.run", chain.site.folder / name)


def doer(chain, machine, seed):
    site, gateway_id = chain.site, machine.gateway_id
    ca_file = site.folder / gateway_id / "state/ca.pem"
    port, secret = site.broker_ports[gateway_id], site.secrets[machine.terminal_id]
    return Doer(machine.terminal_id, port, ca_file, gateway_id, secret=secret, seed=seed)


@pytest.mark.timeout(WITHIN_S + 120)
def test_500_commands_are_each_done_once_or_expired(tmp_path):
    dice, ledger = random.Random(11), Ledger()
    with ExitStack() as open_things:
        chain = open_things.enter_context(Chain(tmp_path, REAL, window_s=1, ack_timeout_s=2, back_off_most_s=2))
        doers = [open_things.enter_context(doer(chain, machine, seed)) for seed, machine in enumerate(DOING)]
        db.open_database(chain.site.folder / "collector")
        open_things.callback(db.database.close)
        began, kills = time.monotonic(), 0
        left = ask_everything(ledger, dice)
        while left or ledger.open() or kills < KILLS:
            ask_more(ledger, dice, left)
            if kills < KILLS:
                kill_one(chain, dice)
                kills += 1
            time.sleep(dice.uniform(0.2, 2))
            assert time.monotonic() - began < WITHIN_S, f"{ledger.open()} of {len(ledger.asked)} are open, {left} left"
        states = ledger.states()
        log = {m.terminal_id: (tmp_path / f"logs/{m.terminal_id}.log").read_text() for m in REAL}
    print({state: list(states.values()).count(state) for state in set(states.values())}, f"{kills} kills")
    assert set(states) == set(ledger.asked) and len(states) == 500, "none lost"
    assert set(states.values()) == {"done", "expired"}
    done = {one.terminal_id: one.done for one in doers}
    for number, terminal_id in ledger.asked.items():
        if terminal_id in done:
            assert done[terminal_id][number] == (1 if states[number] == "done" else 0), (number, states[number])
        else:
            assert states[number] == ("expired" if terminal_id == ABSENT.terminal_id else "done")
    for terminal_id, said in log.items():
        assert 0 < said.count("restart asked for") <= sum(n % 3 < 2 for n in range(PER_REAL)), terminal_id
