"""The whole gateway in a process whose system clock jumps a year, either way, while terminals talk to it."""

import json
import re
import time

import pytest

from firmware.gateway import standing
from tests.fakes.clock import Clock
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import RunningGateway
from tests.firmware.gateway.peer import Peer

YEAR_S = 365 * 86_400
NEAR_MS = 30_000


@pytest.mark.parametrize("jump_s", [YEAR_S, -YEAR_S], ids=["forward", "back"])
def test_a_jump_of_a_year_moves_no_reading_no_session_and_no_terminals_time(tmp_path, monkeypatch, jump_s):
    monkeypatch.setattr("tests.firmware.gateway.peer.PATIENCE_S", 60)  # a new hello only when the gateway asks for it
    clock = Clock(tmp_path)
    with Platform(tmp_path / "platform") as platform, RunningGateway(tmp_path, platform, env=clock.env) as gateway:
        peers = [Peer(name, gateway.port, platform.ca_file) for name in ("ct-01", "ct-02")]
        platform.terminals.update({peer.terminal_id: peer.key for peer in peers})
        before, after = peers
        with before:
            before.add()
            platform.wait_until(lambda: platform.numbers("ct-01"))
            proofs = before.proofs
            clock.jump(jump_s)
            measured_ms = round(time.time() * 1000) - 5_000
            before.add(ts_ms=measured_ms)
            platform.wait_until(lambda: len(platform.numbers("ct-01")) == 2)
            with after:
                after.add()
                platform.wait_until(lambda: platform.numbers("ct-02"))
                assert abs(after.told_ms - time.time() * 1000) < NEAR_MS
            assert before.proofs == proofs, "the session went on"
        assert platform.readings[1]["ts_ms"] == measured_ms and platform.readings[1]["flags"] == 0
        found = standing.look(gateway.settings["state"])
        assert abs(found["offset_ms"] + jump_s * 1000) < NEAR_MS, json.dumps(found)
        assert abs(found["heard_ms"] - time.time() * 1000) < NEAR_MS
        said = re.search(r"its clock is ([+-]\d+)\.\d s from ours", gateway.say("status")[1])
        assert abs(int(said[1]) + jump_s) < NEAR_MS / 1000
