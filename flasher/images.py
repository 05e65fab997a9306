"""Base images: local files, named in a manifest with hash, board, chip and version. Nothing is ever downloaded.

The manifest is images.json in the image folder: {"images": [{"file", "sha256", "board", "chip", "version"}, ...]}.
"""

import hashlib
import json
import os
import re
import shutil
from collections import namedtuple
from pathlib import Path

from flasher import uf2
from flasher.board import boards
from flasher.errors import ImageRefused

MANIFEST = "images.json"
Image = namedtuple("Image", ("file", "sha256", "board", "chip", "version"))


def folder():
    """Where base images are kept: GANTRY_IMAGES, or .gantry/images in the technician's home."""
    return Path(os.environ.get("GANTRY_IMAGES") or Path.home() / ".gantry" / "images")


def listed():
    """The Images of the manifest; none when there is no manifest. Raises ImageRefused when it is damaged."""
    path = folder() / MANIFEST
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["images"]
        found = [Image(**row) for row in rows]
        for one in found:
            if (
                one.board not in boards()
                or not re.fullmatch("[0-9a-f]{64}", one.sha256)
                or Path(one.file).is_absolute()
            ):
                raise ValueError(f"{one.file} has no known board or no sha256")
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImageRefused(
            f"{path} is damaged ({error}); delete it, then `python -m flasher image add` anew"
        ) from error
    return found


def newest(board):
    """(Image, its bytes) of the board's newest listed base image, proved by its hash. Raises ImageRefused."""
    fitting = [one for one in listed() if one.board == board.id]
    if not fitting:
        raise ImageRefused(
            f"no base image for a {board.name} is listed: get {board.base_image} of MicroPython, "
            f"then `python -m flasher image add FILE --board {board.id} --version 1.28.0`"
        )
    image = max(fitting, key=lambda one: [int(number) for number in re.findall(r"\d+", one.version)])
    return image, proved(image, board)


def proved(image, board):
    """The bytes of a listed image. Raises ImageRefused on a missing file, a wrong hash, another chip."""
    path = folder() / image.file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImageRefused(f"{path} is listed but cannot be read: {error.strerror}; add it anew") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != image.sha256:
        raise ImageRefused(f"{path} has sha256 {digest}, listed is {image.sha256}; fetch it anew")
    if image.chip != board.chip:
        raise ImageRefused(
            f"{path} is listed for {image.chip}, a {board.name} has an {board.chip}; correct the manifest"
        )
    look(content, board, path)
    return content


def look(content, board, path):
    """Refuse what cannot be a base image of this board, by its first bytes. Raises ImageRefused, WrongBoard."""
    if board.flash["method"] == "uf2":
        uf2.check(content, board)
    elif content[:1] != b"\xe9":
        raise ImageRefused(f"{path} does not begin as an image for an {board.chip} does; take the .bin of the board")


def add(path, board, version):
    """Take a file into the image folder and its manifest; the Image. Raises ImageRefused, WrongBoard."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ImageRefused(f"{path} cannot be read: {error.strerror}") from error
    look(content, board, path)
    digest = hashlib.sha256(content).hexdigest()
    image = Image(f"{digest[:16]}-{Path(path).name}", digest, board.id, board.chip, version)
    kept = [one for one in listed() if (one.board, one.version) != (board.id, version)]
    folder().mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, folder() / image.file)
    fresh = folder() / f"{MANIFEST}.{os.getpid()}"
    fresh.write_text(json.dumps({"images": [one._asdict() for one in [*kept, image]]}, indent=2), encoding="utf-8")
    fresh.replace(folder() / MANIFEST)
    return image
