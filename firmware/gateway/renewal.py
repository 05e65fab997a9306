"""Our credential and certificate are replaced: fetched while the old ones count, kept beside them, settled by use."""

import asyncio
import logging

from firmware.gateway import enrolment, identity
from firmware.gateway.a02 import CollectorSilent

log = logging.getLogger("gateway")


class Renewal:
    """Of one gateway. What listens for terminals takes the new certificate from its file (south/handshake.py); a
    mosquitto is given it as its rules are."""

    def __init__(self, settings, own, collector):
        self._settings, self._identity, self._collector = settings, own, collector
        self._current, self._following = identity.Credential(own.credential, own.certificate), own.following

    async def follow(self, answer):
        """After an answer of the collector: what it was asked with counts. Whether that ended what was before, so that
        listeners show another certificate now. Raises as asking it does, and OSError."""
        if self._following:
            await asyncio.to_thread(identity.settle, self._settings["state"])
            self._current = identity.Credential(self._following.secret, self._identity.certificate)
            self._following = None
            log.info("the new credential counts, the one before it has ended")
            return True
        if answer.get("renew") is True:
            await self._fetch()
        return False

    async def refused(self, error):
        """Whether a refusal was one of the new credential: then the old one is shown again."""
        if error.status != 401 or not self._following:
            return False
        log.warning("the new credential is refused (%s); the one before it is shown again", error)
        self._following = None
        await asyncio.to_thread(identity.give_up, self._settings["state"])
        await self._collector.show(self._current)
        return True

    async def _fetch(self):
        key, csr = await asyncio.to_thread(enrolment.make_renewal, self._identity.certificate)
        granted = await self._collector.renew(csr)
        if not all(isinstance(granted.get(name), str) for name in ("credential", "certificate", "ca")):
            raise CollectorSilent("the answer to a renewal lacks something; is collector.url right?")
        self._following = await asyncio.to_thread(identity.keep_following, self._settings["state"], granted, key)
        log.info("a new credential has come; it counts from its first use")
        await self._collector.show(self._following)
