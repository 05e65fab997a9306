"""/api/v1/rollouts and /api/v1/images: firmware for terminals, as on the pages."""

from collections import Counter
from typing import Annotated, Literal

from flask import current_app
from msgspec import Meta, Struct

from collector import api, audit, gateways
from collector.clock import now_ms
from collector.dashboard.rollouts import numbered
from collector.web import needs, scope

Rings = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[0-9%, rest]+$")]


class ImageTold(Struct):
    """A signed image for terminals of one board."""

    image_id: str
    board: str
    version: str
    size: int
    sha256: str
    added_ms: int


class RolloutTold(Struct):
    """An image on its way to the terminals of its board; terminals: how many are in which state."""

    id: int
    image_id: str
    board: str
    version: str
    rings: str
    ring: int
    state: str
    why: str
    issuer: str
    reason: str
    created_ms: int
    terminals: dict[str, int]


class RolledTerminal(Struct):
    """A terminal of a rollout: its ring, and how far it is."""

    terminal_id: str
    ring: int
    state: Literal["waiting", "offered", "taken", "confirmed", "failed"]
    since_ms: int
    error: str


class RolloutWhole(Struct):
    """A rollout with each of its terminals."""

    rollout: RolloutTold
    terminals: list[RolledTerminal]


class RolloutStarted(Struct):
    """Which image, how many terminals at a time (numbers or percentages, then rest), and why."""

    image_id: api.Text
    reason: api.Line
    rings: Rings = "1,10%,rest"
    within_min: Annotated[int, Meta(ge=1, le=10_080)] = 60
    failures: Annotated[int, Meta(ge=1, le=1000)] = 1


class RolloutHalted(Struct):
    """Why nobody is to get it any more."""

    reason: api.Line


door = api.room("rollouts")


@door.get("/images")
@needs("firmware.write")
@api.speaks(list[ImageTold])
def images():
    """The images that were taken in, the newest first."""
    return [_image(one) for one in gateways.images_told()]


@door.post("/images")
@needs("firmware.write")
@api.speaks(ImageTold, status=201, takes=(api.BYTES,))
def add_image(body):
    """Take in an image that a trusted release key signed; the same one again is the one that is there."""
    return _image(gateways.add_image(current_app.config["DATA_DIR"], body, now_ms()))


@door.get("/rollouts")
@needs("terminals.read")
@api.speaks(list[RolloutTold])
def rollouts():
    """The newest rollouts, for who sees everything."""
    return [_rollout(*one) for one in gateways.rollouts_told()] if scope().everything else []


@door.get("/rollouts/<int:number>")
@needs("firmware.write")
@api.speaks(RolloutWhole)
def rollout(number):
    """One rollout with its terminals."""
    return _whole(numbered(number))


@door.post("/rollouts")
@needs("firmware.write")
@api.speaks(RolloutWhole, status=201, takes=RolloutStarted)
def start(body):
    """Begin with the first ring."""
    how = (body.rings, body.within_min, body.failures, audit.acting().name, body.reason)
    return _whole(gateways.start_rollout(body.image_id, *how, now_ms()))


@door.post("/rollouts/<int:number>/halt")
@needs("firmware.write")
@api.speaks(None, status=204, takes=RolloutHalted)
def halt(number, body):
    """Offer it to nobody any more."""
    gateways.halt(numbered(number).id, body.reason)


@door.post("/rollouts/<int:number>/resume")
@needs("firmware.write")
@api.speaks(None, status=204)
def resume(number):
    """Go on where it was halted; what failed is tried again."""
    gateways.resume(numbered(number).id, now_ms())


def _image(one):
    return api.told(ImageTold, one)


def _whole(rollout):
    found = gateways.terminals_of_rollout(rollout)
    counts = Counter(one.state for one in found)
    return RolloutWhole(_rollout(rollout, counts), [api.told(RolledTerminal, one) for one in found])


def _rollout(rollout, counts):
    image = rollout.image
    of_image = {"image_id": image.image_id, "board": image.board, "version": image.version}
    return api.told(RolloutTold, rollout, **of_image, terminals=dict(counts))
