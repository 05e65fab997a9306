"""What the security layer costs: opening sealed frames against a bare HMAC and AES-CBC loop over the same bytes."""

import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from firmware.protocol.cipher import Sealer
from tests.bench.row import beside

MESSAGES = 5000
SIZE = 200


def rows():
    """One figure: messages opened per second, one core."""
    key, head = os.urandom(32), os.urandom(9)
    sealer = Sealer(key)
    sealed = [sealer.seal(os.urandom(16), head, os.urandom(SIZE)) for _ in range(MESSAGES)]
    tail = struct.pack(">Q", len(head) * 8)

    def ours():
        for message in sealed:
            sealer.open(head, message)

    def bare():
        for message in sealed:
            tag = hmac.digest(key[:16], head + message[:-16] + tail, "sha256")[:16]
            assert hmac.compare_digest(tag, message[-16:])
            work = Cipher(AES(key[16:]), CBC(message[:16])).decryptor()
            plain = work.update(message[16:-16]) + work.finalize()
            plain[: -plain[-1]]

    yield beside("seal opened", "messages/s", MESSAGES, ours, bare, "bare hmac.digest and AES-CBC", 0.8)
