"""Keys and proofs: what a session begins with. A board loads it for that moment.

Published constructions only: HKDF-SHA256 (RFC 5869), HMAC-SHA256 (RFC 2104). The key tree is in docs/interfaces.md.
"""

import hashlib

from firmware.protocol.cipher import Mac


def hkdf(secret, info, length=32, salt=b""):
    """`length` bytes (at most 255 * 32) from a secret for one purpose. Source: RFC 5869."""
    expand = Mac(Mac(salt).digest(secret))
    out, block, number = b"", b"", 1
    while len(out) < length:
        block = expand.digest(block + info + bytes((number,)))
        out, number = out + block, number + 1
    return out[:length]


def gateway_key(secret, gateway_id):
    """What one gateway holds of a terminal: 32 bytes from which the terminal's own secret cannot be found."""
    return hkdf(secret, b"gantry a01" + gateway_id.encode())


def mqtt_password(key):
    """The terminal's password at this gateway's broker: 64 hexadecimal characters from the gateway key."""
    return "".join("%02x" % byte for byte in hkdf(key, b"mqtt"))


def proof(key, role, transcript):
    """32 bytes that only a holder of the gateway key can make; `role` is b"gateway" or b"terminal"."""
    return Mac(hkdf(key, b"proof")).digest(role + b"\x00" + transcript)


def session_keys(key, transcript):
    """Two 32-byte keys of one session: (terminal to gateway, gateway to terminal)."""
    both = hkdf(key, b"session", 64, hashlib.sha256(transcript).digest())
    return both[:32], both[32:]
