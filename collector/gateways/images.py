"""Images for terminals: taken in only with the signature of a release key that this site trusts."""

import hashlib

from collector import audit, db
from collector.errors import ActionError
from collector.gateways.firmware import FirmwareRefused
from collector.gateways.models import Image
from collector.keys import write_private
from firmware.protocol import image

KEYS = "keys/release-keys.bin"
FOLDER = "images"
ID_BYTES = 8


def trust(data_dir, content):
    """Take a list of release keys, the first by hand, a later one signed by two keys of it. Raises ActionError."""
    path = data_dir / KEYS
    try:
        keys, signatures = image.unpack_keys(content)
        if path.exists():
            image.check_keys(keys, signatures, image.unpack_keys(path.read_bytes())[0])
    except image.ImageError as error:
        raise ActionError(f"the key list is not taken: {error}; take the newest keys.bin of the flasher") from error
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    write_private(fresh, content)
    fresh.replace(path)
    audit.note("image.trust", f"release keys {keys.serial}")


def release_keys(data_dir):
    """The list of release keys this site trusts, as it came with its signatures; empty when there is none."""
    path = data_dir / KEYS
    return path.read_bytes() if path.exists() else b""


def add_image(data_dir, content, now_ms):
    """The Image of a file of the flasher's; added twice it is the same one. Raises FirmwareRefused."""
    if not (data_dir / KEYS).exists():
        raise FirmwareRefused("keys", KEYS)
    try:
        trusted = image.unpack_keys((data_dir / KEYS).read_bytes())[0].keys
        manifest, at = image.unpack_manifest(content)
        signatures, head_size = image.unpack_signatures(content, at)
    except image.ImageError as error:
        raise FirmwareRefused("broken", error) from error
    if not image.signed_by(content[:at], signatures, trusted):
        raise FirmwareRefused("unsigned")
    _check_files(manifest, content[head_size:])
    image_id = hashlib.sha256(content[:head_size]).digest()[:ID_BYTES].hex()
    with db.write():
        if Image.get_or_none(Image.image_id == image_id) is None:
            write_private(path_of(data_dir, image_id), content)
            Image.insert(
                image_id=image_id, board=manifest.board, version=".".join(map(str, manifest.version)), added_ms=now_ms,
                size=len(content), head_size=head_size, sha256=hashlib.sha256(content).hexdigest(),
            ).execute()  # fmt: skip
            version = ".".join(map(str, manifest.version))
            audit.note("image.add", f"image {image_id}", after={"board": manifest.board, "version": version})
    return Image.get_by_id(image_id)


def images_told():
    """[Image], the newest first."""
    return list(Image.select().order_by(Image.added_ms.desc()))


def image_path(data_dir, image_id):
    """Where the bytes of a known image lie, or None when there is no such image."""
    known = Image.get_or_none(Image.image_id == image_id)
    return None if known is None else path_of(data_dir, image_id)


def path_of(data_dir, image_id):
    """Where the bytes of an image lie."""
    return data_dir / FOLDER / f"{image_id}.bin"


def _check_files(manifest, body):
    at = 0
    for file in manifest.files:
        if hashlib.sha256(body[at : at + file.size]).digest() != bytes(file.sha256):
            raise FirmwareRefused("file", file.path)
        at += file.size
    if at != len(body):
        raise FirmwareRefused("longer", len(body) - at)
