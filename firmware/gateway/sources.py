"""The peers that are no terminals, all running: each in a task of its own, each pouring into the same sink."""

import asyncio
import logging

from firmware.gateway.south import modbus
from firmware.gateway.south.peers import read_peers

log = logging.getLogger("gateway")

POLLED = {"modbus": modbus}


class Sources:
    """What sources.file lists. Raises GatewayError at once when an entry, a register map or a secret is impossible."""

    def __init__(self, settings):
        self._peers = read_peers(settings["sources.file"])
        for peer in self._peers:
            POLLED[peer.protocol].check(peer)

    async def run(self, sink):
        """All of them, for ever; what speaks plainly is reported north first."""
        for peer in self._peers:
            if peer.plain:
                log.warning(
                    "open finding: %s speaks plain %s at %s", peer.source_id, peer.protocol, peer.plain["address"]
                )
                await sink.record(
                    peer.source_id, "plain_peer", sink.now_ms(), {"protocol": peer.protocol, **peer.plain}
                )
        async with asyncio.TaskGroup() as group:
            for peer in self._peers:
                group.create_task(POLLED[peer.protocol].run(peer, sink))
