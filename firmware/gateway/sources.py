"""The peers that are no terminals, all running: each in a task of its own, each pouring into the same sink."""

import asyncio
import logging
from contextlib import AsyncExitStack
from importlib import import_module

from firmware.gateway.south.peers import read_peers

log = logging.getLogger("gateway")

# The libraries of these are large and few sites need them: a module is loaded once a peer of its kind is listed.
POLLED = {"modbus": "firmware.gateway.south.modbus", "snmp": "firmware.gateway.south.snmp"}


class Sources:
    """What sources.file lists. Raises GatewayError at once when an entry, a register map or a table is impossible."""

    def __init__(self, settings, certificate, sink):
        self._sink = sink
        peers = read_peers(settings["sources.file"])
        self._polled = [(peer, import_module(POLLED[peer.protocol])) for peer in peers if peer.protocol in POLLED]
        self._plain = [peer for peer in peers if peer.plain]
        for peer, source in self._polled:
            source.check(peer)
        listed = [peer for peer in peers if peer.protocol == "dicom"]
        self._listening = [_modalities(settings, listed, certificate, sink)] if listed else []
        self._open = AsyncExitStack()

    async def __aenter__(self):
        for one in self._listening:
            await self._open.enter_async_context(one)
        return self

    async def __aexit__(self, *error):
        await self._open.__aexit__(*error)

    async def run(self):
        """All of them, for ever; what speaks plainly is reported north first."""
        for peer in self._plain:
            log.warning("open finding: %s speaks plain %s at %s", peer.source_id, peer.protocol, peer.plain["address"])
            finding = {"protocol": peer.protocol, **peer.plain}
            await self._sink.record(peer.source_id, "plain_peer", self._sink.now_ms(), finding)
        async with asyncio.TaskGroup() as group:
            for peer, source in self._polled:
                group.create_task(source.run(peer, self._sink))


def _modalities(settings, peers, certificate, sink):
    from firmware.gateway.south.dicom_mpps import Modalities  # here for the same reason

    return Modalities(settings, peers, certificate, sink)
