"""The whole collector in a process whose clock jumps by hours while readings come: alarms go out as they always do."""

import os
import sys
import time

import pytest

from tests.bench import events_storm, store_peers
from tests.collector.notify.mailboxes import hook_server, mail_server
from tests.fakes.clock import Clock
from tests.servers import ports

HOURS_S = 5 * 3600
TOLD_S, LOOKED_S = 8, 11  # within which an alarm is told; after which who is silent was looked for


def titles(hook):
    return "\n".join(f"{said['title']}\n{said['text']}" for _at, _sign, _body, said in list(hook.told))


@pytest.mark.once
def test_a_jump_of_hours_either_way_holds_up_no_alarm_and_calls_nobody_silent(tmp_path):
    clock, (port,) = Clock(tmp_path), ports.free()
    command = [sys.executable, "-m", "collector", "--data", str(tmp_path), "serve", "--plain", "--port", str(port)]
    with mail_server() as (_box, mail_port), hook_server() as (hook, hook_port):
        credential, *_others = events_storm.furnished(tmp_path, 2 * events_storm.GATEWAYS, mail_port, hook_port)
        environment = os.environ | clock.env
        with store_peers.serving(command, port, "/health", tmp_path, env=environment) as server, server.turn():
            time.sleep(2)  # until it follows what comes
            events_storm.upload(server, credential, range(2), 1, 1_000)
            time.sleep(2)
            for number, ahead_s in enumerate((HOURS_S, 0)):
                clock.jump(ahead_s)
                anew = store_peers.Served(server.process, port)  # a connection that has rested may have been closed
                events_storm.upload(anew, credential, [number], 2, 15_000)
                deadline = time.monotonic() + TOLD_S
                while f"machine {number} " not in titles(hook):
                    assert time.monotonic() < deadline, titles(hook)
                    time.sleep(0.2)
                time.sleep(LOOKED_S if ahead_s else 0)
        assert [titles(hook).count(f"machine {number} ") for number in range(2)] == [1, 1]
        assert "silent" not in titles(hook).lower(), titles(hook)
