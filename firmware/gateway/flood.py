"""How much one peer may send, so that a bad one cannot starve the others: token buckets, and bars for who goes on.

Who pays is the peer: a terminal where its road has a password for its name, else the cable or the address it comes
from. Nothing here opens a seal or a file: it is asked before anything that costs.
"""

import asyncio
import time

BURST_S = 5  # a bucket holds what flows in so many seconds
NAMES_MOST = 4096  # buckets of one kind; the one that was used least recently goes first
READS = 10  # a connection is read so many times for one message at most, with a margin
STRANGERS_MOST = 32  # connections of one address that have not shown a password yet
LONGER = 8  # times as long as the first a bar lasts at most
MESSAGES, BYTES = "flood_messages", "flood_bytes"


class Buckets:
    """Token buckets by name. `rates`: what flows in per second of each kind."""

    def __init__(self, *rates):
        self._rates, self._levels = rates, {}  # {name: ([level], when in s)}, least recently used first

    def lacks(self, name, amounts, now_s):
        """The place of the first amount there is too little for; None when all were there, and only then they go."""
        levels = self._levels_of(name, now_s)
        place = next((n for n, amount in enumerate(amounts) if amount > levels[n]), None)
        if place is None:
            self._take(levels, amounts)
        return place

    def owed_s(self, name, amounts, now_s):
        """Take the amounts in any case; seconds until the last of them has flowed in, 0 while there was enough."""
        levels = self._levels_of(name, now_s)
        self._take(levels, amounts)
        return max(0.0, *(-level / rate for level, rate in zip(levels, self._rates, strict=True)))

    def _levels_of(self, name, now_s):
        full = [rate * BURST_S for rate in self._rates]
        levels, then_s = self._levels.pop(name, (full, now_s))
        if len(self._levels) >= NAMES_MOST:
            del self._levels[next(iter(self._levels))]
        flowed = [level + (now_s - then_s) * rate for level, rate in zip(levels, self._rates, strict=True)]
        levels = [min(pair) for pair in zip(flowed, full, strict=True)]
        self._levels[name] = (levels, now_s)
        return levels

    @staticmethod
    def _take(levels, amounts):
        levels[:] = [level - amount for level, amount in zip(levels, amounts, strict=True)]


class Flood:
    """The limits of one gateway. `count(terminal_id, code, text)` is told of everything that is turned away."""

    def __init__(self, settings, count, now_s=time.monotonic):
        messages, size = settings["flood.messages_per_s"], settings["flood.bytes_per_s"]
        self._count, self._now_s, self._bar_s = count, now_s, settings["flood.bar_s"]
        self._heard, self._read = Buckets(messages, size), Buckets(messages * READS, size)
        self._excess, self._connections = Buckets(messages), Buckets(settings["flood.connections_per_s"])
        self._strangers = {}  # {address: how many of it have not shown a password}
        self._until_s, self._times = {}, {}  # {peer: when its bar ends}, {peer: how often it was barred}
        self._changed = asyncio.Event()

    def takes(self, peer, terminal_id, size):
        """Whether a message of so many bytes may pass. Who sends far too many is barred."""
        terminal_id = terminal_id if peer == terminal_id else ""  # nobody has proved that name yet
        if self.barred(peer):
            return False
        place = self._heard.lacks(peer, (1, size), self._now_s())
        if place is None:
            return True
        self._count(terminal_id, (MESSAGES, BYTES)[place], f"from {peer}")
        if self._excess.lacks(peer, (1,), self._now_s()) is not None:
            self._bar(peer, terminal_id)
        return False

    async def pace(self, peer, terminal_id, size, reads=1):
        """Wait as long as a peer has to that was read again: what it sends beyond stays in its own connection."""
        owed_s = self._read.owed_s(peer, (reads, size), self._now_s())
        if owed_s:
            self._count(terminal_id, "flood_paced", f"from {peer}")
            await asyncio.sleep(owed_s)

    def enter(self, address):
        """Whether one more connection of an address may begin; then `leave` must follow."""
        if self._connections.lacks(address, (1,), self._now_s()) is not None:
            self.refuse("flood_connections", f"too many a second from {address}")
            return False
        if self._strangers.get(address, 0) >= STRANGERS_MOST:
            self.refuse("flood_connections", f"{STRANGERS_MOST} from {address} have not shown a password")
            return False
        self._strangers[address] = self._strangers.get(address, 0) + 1
        return True

    def leave(self, address):
        """A connection of an address has shown a password, or is gone."""
        self._strangers[address] -= 1
        if not self._strangers[address]:
            del self._strangers[address]

    def refuse(self, code, text, terminal_id=""):
        """Count what a road turned away or could not pass on."""
        self._count(terminal_id, code, text)

    def barred(self, peer):
        """Whether a peer is kept out just now."""
        return self._until_s.get(peer, 0) > self._now_s()

    def bars(self):
        """{peer: seconds for which it is still kept out}."""
        now_s = self._now_s()
        return {peer: round(until_s - now_s) for peer, until_s in self._until_s.items() if until_s > now_s}

    def _bar(self, peer, terminal_id):
        times = self._times.pop(peer, 0) + 1
        if len(self._times) >= NAMES_MOST:
            del self._times[next(iter(self._times))]
        self._times[peer] = times
        bar_s = self._bar_s * min(2 ** (times - 1), LONGER)
        self._until_s[peer] = self._now_s() + bar_s
        self._count(terminal_id, "flood_barred", f"{peer} is kept out for {bar_s:g} s; look at what it sends")
        self._changed.set()

    async def run(self, rules_changed):
        """For ever: `rules_changed()` is awaited when a bar begins or ends."""
        while True:
            ends_s = min(self._until_s.values(), default=None)
            try:
                async with asyncio.timeout(None if ends_s is None else max(0.0, ends_s - self._now_s())):
                    await self._changed.wait()
            except TimeoutError:  # a bar is over
                now_s = self._now_s()
                self._until_s = {peer: until_s for peer, until_s in self._until_s.items() if until_s > now_s}
            self._changed.clear()
            await rules_changed()
