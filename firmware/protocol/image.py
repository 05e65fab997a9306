"""Firmware image: a manifest of files with their hashes, signed by release keys, and the bytes of the files behind it.

An image is: manifest, signatures, files one after the other in the order of the manifest. What is signed are fields in
table order, never JSON text. RSA-3072, PKCS#1 v1.5 with SHA-256 (RFC 8017, 8.2), checked by building the whole padded
block again and comparing all of it. Same code on CPython and MicroPython; no I/O.
"""

import hashlib
import struct
from collections import namedtuple

from firmware.protocol.cipher import same
from firmware.protocol.errors import ProtocolError

MAGIC = b"GANTRYIMG1"
KEYS_MAGIC = b"GANTRYKEY1"
E = 65537
KEY_SIZE = 384  # bytes of an RSA-3072 modulus
KEY_ID = 8
MAX_FILES = 100
MAX_FILE = 131072

# Where a file of an image may stand inside its slot: nothing at top level, nothing that shadows a built-in module.
FOLDERS = ("firmware/protocol/", "firmware/processing/", "firmware/terminal/")
LIBRARIES = (
    "lib/umqtt/",
    "lib/adafruit_bus_device/",
    "lib/adafruit_register/",
    "lib/adafruit_sht4x.",
    "lib/adafruit_ina219.",
)
NEVER = ("firmware/terminal/boot.", "firmware/terminal/safe.")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"
_SHA256_INFO = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"  # RFC 8017, 9.2 note 1

_CUT = (IndexError, ValueError, getattr(struct, "error", ValueError))

Manifest = namedtuple("Manifest", ("board", "version", "min_boot", "files"))
# board: folder name in boards/, version: (major, minor, patch), min_boot: least version of the boot part

File = namedtuple("File", ("path", "size", "sha256"))

KeyList = namedtuple("KeyList", ("serial", "keys"))  # keys: moduli as KEY_SIZE bytes each


class ImageError(ProtocolError):
    """A firmware image or key list that must not be installed."""


def key_id(modulus):
    """What names a key: the first 8 bytes of the SHA-256 of its modulus."""
    return hashlib.sha256(modulus).digest()[:KEY_ID]


def may_stand(path):
    """Whether an image may bring a file to this place of its slot."""
    stem, dot, kind = path.rpartition(".")
    if not dot or kind not in ("py", "mpy") or path.startswith(NEVER):
        return False
    parts = stem.split("/")
    clean = all(part and all(letter in _LETTERS for letter in part) for part in parts)
    return clean and path.startswith(FOLDERS + LIBRARIES)


def pack_manifest(manifest):
    """The bytes that are signed."""
    parts = [
        MAGIC,
        _put(manifest.board),
        bytes(manifest.version),
        struct.pack(">HH", manifest.min_boot, len(manifest.files)),
    ]
    for file in manifest.files:
        parts.append(_put(file.path) + struct.pack(">I", file.size) + file.sha256)
    return b"".join(parts)


def unpack_manifest(image):
    """(manifest, how many bytes of the image it takes). Raises ImageError; trust it only after `signed_by`."""
    board, version, min_boot, count, first = _top_of(image)
    files, end = [], first
    for file, end in _listed(image, count, first):  # noqa: B007 - where the last one ends is asked for
        files.append(file)
    return Manifest(board, version, min_boot, files), end


def weigh(image):
    """(manifest without its files, bytes of all of them, how many bytes the manifest takes). Raises ImageError.

    What `unpack_manifest` checks is checked, one file after the other: a board has no memory for all of them at once.
    """
    board, version, min_boot, count, first = _top_of(image)
    total, end = 0, first
    for file, end in _listed(image, count, first):  # noqa: B007 - where the last one ends is asked for
        total += file.size
    return Manifest(board, version, min_boot, ()), total, end


def files_of(image):
    """Each File of an image in turn. Raises ImageError."""
    top = _top_of(image)
    for file, _at in _listed(image, top[3], top[4]):
        yield file


def _top_of(image):
    """(board, version, min_boot, number of files, where their list begins)."""
    if bytes(image[: len(MAGIC)]) != MAGIC:
        raise ImageError("image_format", "no image begins with %s" % bytes(image[:10]))
    try:
        board, at = _take(image, len(MAGIC))
        version, at = tuple(image[at : at + 3]), at + 3
        min_boot, count = struct.unpack_from(">HH", image, at)
    except _CUT:
        raise _truncated(image) from None
    if not 0 < count <= MAX_FILES:
        raise ImageError("image_format", "%d files, at most %d" % (count, MAX_FILES))
    return board, version, min_boot, count, at + 4


def _listed(image, count, first):
    """(File, where the next begins) of each in turn."""
    at = first
    for _ in range(count):
        begin = at
        try:
            path, at = _take(image, at)
            (size,) = struct.unpack_from(">I", image, at)
        except _CUT:
            raise _truncated(image) from None
        named, at = image[begin:at], at + 36
        if at > len(image):
            raise _truncated(image)
        if not may_stand(path):
            raise ImageError("image_path", path)
        if not 0 < size <= MAX_FILE:
            raise ImageError("image_path", "%s has %d bytes, 1 to %d are allowed" % (path, size, MAX_FILE))
        if image.find(named, first, begin) >= 0:
            raise ImageError("image_path", "%s stands twice" % path)
        yield File(path, size, bytes(image[at - 32 : at])), at


def _truncated(image):
    return ImageError("image_truncated", "manifest ends after %d bytes" % len(image))


def pack_signatures(signatures):
    """[(key id, signature)] as they stand behind a manifest."""
    return bytes((len(signatures),)) + b"".join([name + value for name, value in signatures])


def unpack_signatures(image, at):
    """([(key id, signature)], where the files begin). Raises ImageError."""
    end = at + 1 + (image[at] if len(image) > at else 0) * (KEY_ID + KEY_SIZE)
    if len(image) < end or end == at + 1:
        raise ImageError("image_truncated", "signatures end after %d bytes" % len(image))
    starts = range(at + 1, end, KEY_ID + KEY_SIZE)
    return [(bytes(image[s : s + KEY_ID]), bytes(image[s + KEY_ID : s + KEY_ID + KEY_SIZE])) for s in starts], end


def verify(modulus, signature, data):
    """Whether `signature` (384 bytes) was made over `data` with the private half of `modulus` (384 bytes)."""
    if len(modulus) != KEY_SIZE or len(signature) != KEY_SIZE:
        return False
    number = int.from_bytes(modulus, "big")
    value = int.from_bytes(signature, "big")
    if value >= number:
        return False
    block = pow(value, E, number).to_bytes(KEY_SIZE, "big")
    tail = b"\x00" + _SHA256_INFO + hashlib.sha256(data).digest()
    return same(block, b"\x00\x01" + b"\xff" * (KEY_SIZE - 2 - len(tail)) + tail)


def signed_by(data, signatures, trusted):
    """The ids of the trusted keys (moduli) that signed these bytes, each once."""
    names = {key_id(modulus): modulus for modulus in trusted}
    return {name for name, value in signatures if name in names and verify(names[name], value, data)}


def check(manifest, board, version, boot_version):
    """Raise ImageError when an image (signature checked before) is not for this board and boot part, or not newer."""
    if manifest.board != board:
        raise ImageError("image_board", "for %s, this is %s" % (manifest.board, board))
    if manifest.version <= tuple(version):
        raise ImageError("image_old", "%d.%d.%d is not above %d.%d.%d" % (manifest.version + tuple(version)))
    if manifest.min_boot > boot_version:
        raise ImageError("image_boot", "needs boot part %d, this is %d" % (manifest.min_boot, boot_version))


def pack_keys(keys):
    """The signed bytes of a key list."""
    return KEYS_MAGIC + struct.pack(">IB", keys.serial, len(keys.keys)) + b"".join(keys.keys)


def unpack_keys(data):
    """(KeyList, signatures) of a key list with its signatures behind it. Raises ImageError."""
    if bytes(data[:10]) != KEYS_MAGIC or len(data) < 15:
        raise ImageError("image_format", "no key list begins with %s" % bytes(data[:10]))
    serial, count = struct.unpack_from(">IB", data, 10)
    end = 15 + count * KEY_SIZE
    if not count or len(data) < end:
        raise ImageError("image_truncated", "key list ends after %d bytes" % len(data))
    keys = tuple(bytes(data[at : at + KEY_SIZE]) for at in range(15, end, KEY_SIZE))
    return KeyList(serial, keys), unpack_signatures(data, end)[0]


def check_keys(keys, signatures, present):
    """Raise ImageError unless a key list is newer than the present one and two of the present keys signed it."""
    if keys.serial <= present.serial:
        raise ImageError("image_old", "key list %d is not above %d" % (keys.serial, present.serial))
    if len(signed_by(pack_keys(keys), signatures, present.keys)) < 2:
        raise ImageError("image_signature", "a key list needs two of the present keys")


def _put(text):
    raw = text.encode()
    return bytes((len(raw),)) + raw


def _take(data, at):
    end = at + 1 + data[at]
    if end > len(data):
        raise ValueError("cut")
    return bytes(data[at + 1 : end]).decode(), end
