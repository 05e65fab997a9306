"""A rollout over real terminals: an unsigned image and a planted bad one halt in their first ring, a fixed one reaches
everybody."""

import json
import time

import pytest

from collector import db
from collector.demo import hospital
from collector.demo.hospital import MACHINES
from collector.errors import ActionError
from collector.gateways import images, rollouts
from collector.gateways.models import Rollout, TerminalStatus
from firmware.protocol import image
from flasher import build
from tests.e2e.chain import Chain
from tests.fakes.slots import OLD, furnish, image_of, key_list

FLEET = (MACHINES[0], MACHINES[1], MACHINES[3])  # over both gateways
BAD, GOOD = (0, 2, 0), (0, 3, 0)


def compiled(text):
    return build.compiled(text, "program.py")


def now_ms():
    return time.time_ns() // 1_000_000


def wait_until(holds, what, seconds=90):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.2)


def versions():
    return {row.terminal_id: json.loads(row.body)["version"] for row in TerminalStatus.select()}


def slots():
    """What each terminal's last status says; one that started before its flash was furnished names no slot."""
    return {row.terminal_id: json.loads(row.body).get("slot") for row in TerminalStatus.select()}


def states(rollout):
    return {one.terminal_id: (one.ring, one.state) for one in rollout.terminals}


def state_of(rollout):
    return Rollout.get_by_id(rollout.id).state


@pytest.mark.timeout(300)
def test_a_bad_image_halts_in_its_first_ring_and_a_fixed_one_reaches_everybody(tmp_path, monkeypatch):
    monkeypatch.setattr(hospital, "start_terminals", furnished(hospital.start_terminals))
    with Chain(tmp_path, FLEET, window_s=1, ack_timeout_s=2, back_off_most_s=1) as chain:
        data = chain.site.folder / "collector"
        db.open_database(data)
        try:
            images.trust(data, key_list())
            everybody = {machine.terminal_id for machine in FLEET}
            wait_until(lambda: slots() == dict.fromkeys(everybody, "a"), slots)
            _unsigned(data, monkeypatch, everybody)
            planted = compiled("def main():\n    raise RuntimeError('planted')\n")
            bad = rollout_of(data, image_of(BAD, main=planted)[1])
            wait_until(lambda: state_of(bad) == "halted", lambda: states(bad))
            first, *others = sorted(everybody)
            assert states(bad) == {first: (0, "failed"), **dict.fromkeys(others, (1, "waiting"))}
            assert "fell back to 0.1.0" in Rollout.get_by_id(bad.id).why
            good = rollout_of(data, image_of(GOOD)[1])
            chain.processes.kill("collector")  # in the middle of the first ring
            chain.processes.kill(FLEET[0].gateway_id)
            chain.start_collector()
            chain.start_gateway(FLEET[0].gateway_id)
            wait_until(lambda: state_of(good) == "done", lambda: states(good))
            assert {state for _ring, state in states(good).values()} == {"confirmed"}
            assert versions() == dict.fromkeys(everybody, "0.3.0")
            assert state_of(bad) == "halted" and states(bad)[others[0]] == (1, "waiting")
        finally:
            db.database.close()


def _unsigned(data, monkeypatch, everybody):
    """A collector that was fooled hands out an image that no trusted key signed: the gateway stops it, whole."""
    content = image_of(BAD, key=2)[1]
    with pytest.raises(ActionError, match="no trusted key signed this image"):
        rollout_of(data, content)
    with monkeypatch.context() as fooled:
        fooled.setattr(image, "signed_by", lambda *_signed: True)
        unsigned = rollout_of(data, content)
    wait_until(lambda: state_of(unsigned) == "halted", lambda: states(unsigned))
    first, *others = sorted(everybody)
    assert states(unsigned) == {first: (0, "failed"), **dict.fromkeys(others, (1, "waiting"))}
    assert "image_signature" in Rollout.get_by_id(unsigned.id).why
    assert versions() == dict.fromkeys(everybody, "0.1.0") and slots() == dict.fromkeys(everybody, "a")


def rollout_of(data, content):
    one = images.add_image(data, content, now_ms())
    return rollouts.start_rollout(one.image_id, "1,rest", 5, 1, "test", "a test", now_ms())


def furnished(start_terminals):
    """The demo's terminals, with slots, a boot part and release keys on their flash."""

    def start(site, processes, machines, **settings):
        start_terminals(site, processes, machines, **settings)
        for machine in machines:
            processes.kill(machine.terminal_id)
            furnish(site.folder / machine.terminal_id, OLD)
            processes.start(machine.terminal_id, "boards.simulated.run", site.folder / machine.terminal_id)

    return start
