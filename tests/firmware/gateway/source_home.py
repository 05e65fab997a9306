"""What a source pours into, for tests: keeps all of it, and can be a disk that takes nothing."""

import asyncio
import time

from firmware.gateway.south.peers import Peer, read_peers


class Basin:
    """A sink that remembers. `measured`: [(source id, ts_ms, values, flags)], `told`: [(source id, kind, body)]."""

    def __init__(self):
        self.measured, self.told, self.counts, self.full = [], [], {}, False

    def now_ms(self):
        """Now."""
        return time.time_ns() // 1_000_000

    async def readings(self, measured):
        """As a sink's."""
        self.measured += measured
        return not self.full

    async def record(self, source_id, kind, ts_ms, body):
        """As a sink's."""
        if not self.full:
            self.told.append((source_id, kind, body))
        return not self.full

    def refused(self, source_id, code, text=""):
        """As a sink's."""
        self.counts[source_id, code] = self.counts.get((source_id, code), 0) + 1

    async def until(self, holds, timeout_s=20):
        """Wait until `holds()`."""
        async with asyncio.timeout(timeout_s):
            while not holds():
                await asyncio.sleep(0.01)


def peer_of(folder, text):
    """The one Peer of a sources file with this text."""
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    (peer,) = read_peers(path)
    assert isinstance(peer, Peer)
    return peer


PLAIN = 'plain = true\ntitle = "chiller of MRI 1"\ninterface = "eth1"\nreason = "the maker offers no TLS"\n'
