"""Seal and open, replay window: what a session goes on with. The only file with ciphers, beside cipher_cpython.py.

Published constructions only: HMAC-SHA256 (RFC 2104), A128CBC-HS256 (RFC 7518 section 5.2.3, encrypt-then-MAC).
"""

import hashlib
import struct

from firmware.protocol.errors import SealError

try:  # MicroPython
    from cryptolib import aes
except ImportError:  # CPython
    from firmware.protocol.cipher_cpython import encrypt, opener, same
else:

    def encrypt(key, iv, blocks):
        """Whole blocks, encrypted."""
        return aes(key, _CBC, iv).encrypt(blocks)

    def opener(key):
        """What decrypts an IV and the blocks behind it."""
        return lambda body: aes(key, _CBC, body[:16]).decrypt(body[16:])

    def same(left, right):
        """Whether two byte strings are equal, in a time that does not depend on where they differ."""
        if len(left) != len(right):
            return False
        difference = 0
        for index in range(len(left)):
            difference |= left[index] ^ right[index]
        return difference == 0


_CBC = 2
_BLOCK = 16
_TAG = 16


class Mac:
    """HMAC-SHA256 under one key, its two padded keys made once: seven times faster on a Pico W."""

    def __init__(self, key):
        if len(key) > 64:
            key = hashlib.sha256(key).digest()
        key = key + bytes(64 - len(key))
        self._inner = bytes(byte ^ 0x36 for byte in key)
        self._outer = bytes(byte ^ 0x5C for byte in key)

    def digest(self, data):
        """32 bytes over data."""
        return hashlib.sha256(self._outer + hashlib.sha256(self._inner + data).digest()).digest()


class Sealer:
    """A128CBC-HS256 under one 32-byte key: first half authenticates, second half encrypts."""

    def __init__(self, key):
        self._mac, self._key, self._decrypt = Mac(key[:16]), key[16:], opener(key[16:])

    def _tag(self, head, body):
        return self._mac.digest(head + body + struct.pack(">Q", len(head) * 8))[:_TAG]

    def seal(self, iv, head, plain):
        """IV, ciphertext and tag over a 16-byte random IV, authenticated open bytes `head`, and `plain`."""
        pad = _BLOCK - len(plain) % _BLOCK
        body = iv + encrypt(self._key, iv, plain + bytes((pad,)) * pad)
        return body + self._tag(head, body)

    def open(self, head, sealed):
        """The plain bytes. Raises SealError(seal_wrong) before anything is decrypted when a bit was changed."""
        body, tag = sealed[:-_TAG], sealed[-_TAG:]
        if len(body) < 2 * _BLOCK or len(body) % _BLOCK or not same(tag, self._tag(head, body)):
            raise SealError("seal_wrong", "%d bytes" % len(sealed))
        plain = self._decrypt(body)
        return plain[: -plain[-1]]


class Window:
    """Which counters of a direction were seen: the newest and the 63 before it."""

    def __init__(self):
        self._newest, self._seen = 0, 0

    def accept(self, counter):
        """Note a counter (from 1). Raises SealError(counter_replayed) when it was seen or is too old to tell."""
        ahead = counter - self._newest
        if ahead > 0:
            self._seen = ((self._seen << ahead) | 1) & 0xFFFFFFFFFFFFFFFF if ahead < 64 else 1
            self._newest = counter
            return
        bit = 1 << -ahead if ahead > -64 else 0
        if counter < 1 or not bit or self._seen & bit:
            raise SealError("counter_replayed", "counter %d, newest %d" % (counter, self._newest))
        self._seen |= bit
