"""Signed heads: what the chain was at an instant, in a file outside the database, to be carried away with a backup."""

import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from collector.errors import ActionError
from collector.keys import key_from

KEY, SIGNING_KEY, FILE = "keys/audit.key", "keys/audit-sign.key", "audit/heads.jsonl"
FIELDS = ("number", "mac", "ts_ms", "sha256")  # sha256: of an exported file, else nothing


def key(folder):
    """The 32 bytes the codes of the chain are made with."""
    return key_from(folder / KEY)


def public_key(folder):
    """What a signed head is checked with, in hexadecimal; no secret."""
    return _private(folder).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def signed(folder, number, mac, ts_ms, sha256=""):
    """A head as a dict with its signature."""
    head = {"number": number, "mac": mac, "ts_ms": ts_ms, "sha256": sha256}
    return head | {"signature": _private(folder).sign(_bytes(head)).hex()}


def is_genuine(head, public):
    """Whether a head, as a dict, carries the signature of this public key."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(head["signature"]), _bytes(head))
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


def add(folder, head):
    """Write one more signed head into the file."""
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(head) + "\n")


def newest(folder):
    """The last line of the file as a dict, or None."""
    path = folder / FILE
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return json.loads(lines[-1]) if lines else None


def read(folder, path=None):
    """[head] of the file, or of a copy that was kept elsewhere. Raises ActionError for a line that is not genuine."""
    path, public, found = path or folder / FILE, public_key(folder), []
    if not path.exists():
        return []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            head = json.loads(line)
        except ValueError:
            head = {}
        if not is_genuine(head, public):
            raise ActionError(
                f"{path}, line {number}: it was not signed with this collector's key; compare with a copy"
            )
        found.append(head)
    return found


def _private(folder):
    return Ed25519PrivateKey.from_private_bytes(key_from(folder / SIGNING_KEY))


def _bytes(head):
    return json.dumps([head[name] for name in FIELDS], separators=(",", ":")).encode()
