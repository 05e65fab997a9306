"""A terminal's registration, as it goes to the collector: over verified TLS, or sealed into a file carried by hand.

The file is sealed to the collector's public key: a fresh key pair per file, X25519, HKDF-SHA256, ChaCha20-Poly1305.
Who carries it can neither read nor change it. Its shape stands in docs/interfaces.md, a vector in tests/vectors.
"""

import base64
import json

import httpx
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from firmware.protocol.seal import hkdf
from flasher.errors import CollectorRefused, FlasherError

INFO = b"gantry handover 1"
MAGIC = b"GHO1"
KEY_BYTES = 32
TIMEOUT_S = 20


def registration(identity, board, version, gateway_id, lines):
    """What the collector is told of a terminal. `lines`: the journal's of this terminal. Holds the secret."""
    return {
        "terminal_id": identity["terminal_id"],
        "secret": identity["secret"],
        "board": board,
        "version": version,
        "gateway_id": gateway_id,
        "journal": lines,
    }


def register(told, collector, token):
    """Tell the collector; True when the terminal is new there. Raises CollectorRefused with its own words."""
    try:
        answer = httpx.post(
            collector["url"] + "/api/v1/terminals",
            json=told,
            headers={"Authorization": f"Bearer {token}"},
            verify=str(collector["ca"]),
            timeout=TIMEOUT_S,
        )
    except (httpx.HTTPError, OSError, ValueError) as error:
        raise CollectorRefused(
            f"the collector {collector['url']} cannot be reached: {error}; register later, or take a hand-over file"
        ) from error
    if answer.status_code not in (200, 201):
        raise CollectorRefused(f"the collector refused {told['terminal_id']}: {_reason(answer)}")
    return answer.status_code == 201


def sealed(told, public_text, own=None):
    """The bytes of a hand-over file. `public_text`: what `collector handover key` gave; `own`: for vectors."""
    try:
        public = base64.b64decode(public_text.strip(), validate=True)
        theirs = X25519PublicKey.from_public_bytes(public)
    except ValueError as error:
        raise FlasherError(
            "the hand-over key is damaged; export it again: `python -m collector handover key`"
        ) from error
    own = own or X25519PrivateKey.generate()
    ours = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = hkdf(own.exchange(theirs), INFO + ours + public, KEY_BYTES)
    text = json.dumps(told, ensure_ascii=False).encode()
    return MAGIC + ours + ChaCha20Poly1305(key).encrypt(bytes(12), text, MAGIC + ours)  # one key, one message


def _reason(answer):
    try:
        said = answer.json()
        return f"{said['title']}: {said['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
