"""New images for terminals: fetched once over whatever breaks, proved to be signed, then offered as the collector says.

An image is offered to a terminal that has said, in this session, that it runs another version and has nothing on
trial; whether it takes it, keeps it or falls back, the terminal decides and says.
"""

import hashlib
import logging
import os
from collections import namedtuple
from pathlib import Path

from firmware.gateway.errors import GatewayError
from firmware.gateway.files import write_private
from firmware.protocol import image
from firmware.protocol.message import IMAGE_ID, Chunk
from firmware.protocol.message import Offer as OfferMessage

log = logging.getLogger("gateway")

FOLDER, KEYS = "images", "keys.bin"
IMAGE_MOST = 4 * 1024 * 1024

Offer = namedtuple("Offer", ("terminal_id", "image_id", "version", "sha256", "size", "head_size"))


class NotSigned(GatewayError):
    """No release key that this gateway trusts signed an image: fetching it again would change nothing."""


class Updates:
    """Of one state folder. `tell(kind, body)` keeps a record for the collector. Disk errors come as OSError."""

    def __init__(self, state, tell):
        self._folder, self._tell = Path(state) / FOLDER, tell
        self._offers, self._ready = {}, set()  # offers: {terminal id: Offer}; ready: image ids that are proved
        self._bad = set()  # image ids that no trusted key signed
        self._over = {}  # {terminal id: image id} that it took or refused; the collector will know soon

    async def follow(self, collector):
        """Ask for the offers, fetch what is missing. Raises what Collector raises, GatewayError, OSError."""
        answer, wrong = await collector.offers(), None
        offers = {offer.terminal_id: offer for offer in map(_read, answer.get("offers") or []) if offer}
        if offers:
            self._trust(answer.get("keys"))
        for offer in {offer.image_id: offer for offer in offers.values()}.values():
            try:
                if offer.image_id not in self._ready | self._bad:
                    await self._fetch(collector, offer)
            except NotSigned as error:
                wrong = error
                self._turn_down(offer, offers)
            except GatewayError as error:
                wrong = error
        self._offers = {name: offer for name, offer in offers.items() if offer.image_id in self._ready}
        self._over = {name: one for name, one in self._over.items() if name in offers}
        if wrong:
            raise wrong

    def _trust(self, said):
        """Take the collector's list of release keys: the first as it is, a later one signed by two keys of the last."""
        path = self._folder / KEYS
        try:
            content = bytes.fromhex(said)
            keys, signatures = image.unpack_keys(content)
            if path.exists():
                if path.read_bytes() == content:
                    return
                image.check_keys(keys, signatures, image.unpack_keys(path.read_bytes())[0])
        except (TypeError, ValueError, image.ImageError) as error:
            log.error("the collector's list of release keys is not taken: %s; look for tampering", error)
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        write_private(path, content)
        self._bad.clear()

    def _turn_down(self, offer, offers):
        """Tell the collector, as each terminal would, so that the rollout halts before anybody is asked."""
        self._bad.add(offer.image_id)
        for terminal_id in (name for name, one in offers.items() if one.image_id == offer.image_id):
            body = {"terminal_id": terminal_id, "image_id": offer.image_id, "state": "refused"}
            self._tell("update", {**body, "error": "image_signature"})

    def offer_for(self, terminal_id, said):
        """The message that offers an image to a terminal which says `said` of itself, or None."""
        offer = self._offers.get(terminal_id)
        if offer is None or self._over.get(terminal_id) == offer.image_id:
            return None
        if said.get("trial") or said.get("version") == offer.version:
            return None
        return OfferMessage(bytes.fromhex(offer.image_id), offer.size, offer.head_size)

    def piece(self, want):
        """The Chunk a terminal asks for, or None when there is no such image or no such place in it."""
        if want.image_id.hex() not in self._ready:
            return None
        with open(self._path(want.image_id.hex()), "rb") as file:
            file.seek(want.offset)
            data = file.read(want.length)
        return Chunk(want.image_id, want.offset, data) if data else None

    def hear(self, terminal_id, said):
        """Take what a terminal says of an update: that it is ready, or refused and why."""
        offer = self._offers.get(terminal_id)
        if offer is None or said.get("update") not in ("ready", "refused"):
            return
        body = {"terminal_id": terminal_id, "image_id": offer.image_id, "state": said["update"]}
        self._tell("update", {**body, "error": str(said.get("error", ""))})
        self._over[terminal_id] = offer.image_id
        log.info("%s says of image %s: %s", terminal_id, offer.version, said)

    def _path(self, image_id):
        return self._folder / f"{image_id}.bin"

    async def _fetch(self, collector, offer):
        """The image on the disk and proved. What came before a cut is not asked for again."""
        path = self._path(offer.image_id)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        part = path.with_suffix(".part")
        if not path.exists():
            with open(part, "ab") as file:
                async for data in collector.image(offer.image_id, file.tell()):
                    file.write(data)
                    if file.tell() > offer.size:
                        break
                file.flush()
                os.fsync(file.fileno())
            self._prove(part, offer)
            part.replace(path)
        else:
            self._prove(path, offer)
        self._ready.add(offer.image_id)
        log.info("image %s is here: version %s, %d bytes", offer.image_id, offer.version, offer.size)

    def _prove(self, path, offer):
        """Raises GatewayError, and the file is gone, unless it is the offered image, whole, signed by a trusted key."""
        content = path.read_bytes()
        try:
            manifest_size, signatures = _whole(content, offer)
            trusted = image.unpack_keys((self._folder / KEYS).read_bytes())[0].keys
            if not image.signed_by(content[:manifest_size], signatures, trusted):
                raise NotSigned(f"image {offer.image_id} is signed by no key this gateway trusts; look for tampering")
        except FileNotFoundError:
            path.unlink()
            raise GatewayError(
                f"image {offer.image_id} came without a list of release keys; update the collector"
            ) from None
        except GatewayError:
            path.unlink()
            raise


def _whole(content, offer):
    """(bytes of its manifest, its signatures) of the image that was offered. Raises GatewayError when it is another."""
    head = hashlib.sha256(content[: offer.head_size]).digest()[:IMAGE_ID].hex()
    whole = hashlib.sha256(content).hexdigest() == offer.sha256 and len(content) == offer.size
    try:
        manifest, at = image.unpack_manifest(content)
        signatures, begin = image.unpack_signatures(content, at)
        fits = begin == offer.head_size and ".".join(map(str, manifest.version)) == offer.version
    except image.ImageError:
        fits = False
    if head != offer.image_id or not whole or not fits:
        raise GatewayError(f"image {offer.image_id} did not come whole: {len(content)} bytes; it is fetched again")
    return at, signatures


def _read(row):
    """The Offer of a row of the collector's, or None when it is impossible."""
    try:
        offer = Offer(*(row[name] for name in Offer._fields))
        numbers = type(offer.size) is int and type(offer.head_size) is int and 0 < offer.head_size < offer.size
        good = numbers and offer.size <= IMAGE_MOST and len(bytes.fromhex(offer.image_id)) == IMAGE_ID
        texts = all(isinstance(text, str) for text in (offer.terminal_id, offer.version, offer.sha256))
    except (KeyError, TypeError, ValueError):
        good = texts = False
    if good and texts:
        return offer
    log.error("an offer of the collector is impossible; update the gateway")
    return None
