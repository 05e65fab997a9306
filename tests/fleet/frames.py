"""Sealed A01 frames of a fleet against one real gateway: every terminal has proved itself over a connection of its own.

A frame is sent when its window is over, whether the one before was acknowledged or not; a delay ends with the gateway's
acknowledgement, which it gives after its commit, and counts from the scheduled time.
"""

import select
import time
from collections import deque

from tests.bench.gateway_site import Bench
from tests.fleet.account import Account, since, used_by
from tests.fleet.plan import frames_each_second, windows

SETTLE_S = 30
TAKEN = {"stored": 1, "refused": ()}


def run(plan, folder, progress, stopped=lambda: False):
    """(Account, Used by the gateway) of a plan. `stopped()` says whether somebody wants the report now."""
    with Bench(folder, plan.terminals, embedded=True, bare=False) as bench:
        load, before = _Frames(plan, bench.publishers), used_by(bench.gateway.pid)
        load.run(progress, stopped)
        after = used_by(bench.gateway.pid)
        bench.durable()
        return load.account, since(before, after)


class _Frames:
    def __init__(self, plan, publishers):
        self._plan, self._publishers = plan, publishers
        self.account = Account(frames_each_second(plan), "frame")
        self._coming = windows(plan, range(plan.terminals))
        self._sent = [deque() for _ in publishers]  # (number, scheduled time) of what is not acknowledged
        self._by_socket, self._poll = {}, select.poll()
        for at, publisher in enumerate(publishers):
            publisher.wire.blocks(False)
            self._by_socket[publisher.wire.fileno()] = at
            self._poll.register(publisher.wire.fileno(), select.POLLIN)

    def run(self, progress, stopped):
        """Until everything is acknowledged, or it takes too long, or `stopped`."""
        began_s, second, following = time.monotonic(), 1, next(self._coming, None)
        while (now_s := time.monotonic() - began_s) < self._plan.seconds + SETTLE_S and not stopped():
            while following and following[0] <= now_s:
                self._send(*following)
                following = next(self._coming, None)
            if now_s >= second:
                self.account.tick()
                progress(self.account, now_s)
                second += 1
            if not following and not any(self._sent):
                break
            until_s = min(second, following[0] if following else second)
            for number, _event in self._poll.poll(max(0.0, until_s - now_s) * 1000):
                self._take(self._by_socket[number], began_s)
        self.account.end(not following and not any(self._sent))

    def _send(self, over_s, terminal, _n):
        publisher = self._publishers[terminal]
        (packet,) = publisher.sealed(1)
        self._sent[terminal].append((publisher.made, over_s))
        publisher.wire.blocks(True)
        publisher.wire.send(packet)
        publisher.wire.blocks(False)

    def _take(self, terminal, began_s):
        publisher, sent = self._publishers[terminal], self._sent[terminal]
        while publisher.wire.take():
            pass
        now_s = time.monotonic() - began_s
        for _first, last in publisher.acknowledged():
            while sent and sent[0][0] <= last & 0xFFFFFF:
                self.account.acknowledge(1, now_s - sent.popleft()[1], TAKEN)
