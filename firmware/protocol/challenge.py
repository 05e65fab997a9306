"""The challenge of A01: what both proofs cover, and how a terminal judges a gateway's. A board loads it for that."""

import struct

from firmware.protocol.cipher import same
from firmware.protocol.errors import FrameError, ProtocolError
from firmware.protocol.frame import NONCE, PROOF_SIZE, put_text, take_text
from firmware.protocol.seal import gateway_key, proof, session_keys

LABEL = b"gantry a01 v1"
_TIME_KNOWN = 1


class ProofError(ProtocolError):
    """The challenge failed: unknown id, wrong proof, or a message out of turn."""


def transcript_of(terminal_id, gateway_id, terminal_nonce, gateway_nonce, ts_ms):
    """The bytes both proofs and the session keys cover: label, ids, nonces, time."""
    return LABEL + put_text(terminal_id) + put_text(gateway_id) + terminal_nonce + gateway_nonce + put_time(ts_ms)


def put_time(ts_ms):
    """An instant on the wire, or that none is known."""
    return struct.pack(">BQ", 0 if ts_ms is None else _TIME_KNOWN, ts_ms or 0)


def answered(body, own_nonce, asked, terminal_id, secrets, gateways):
    """(gateway_id, its time in ms or None, the secret it proved, our proof, session keys: to it and from it) of a
    gateway's answer; any of `secrets` counts. `asked`: the nonces of our last hellos end to end; one that was answered
    is wiped.

    Raises FrameError, and ProofError when no hello waits for it, it is none of `gateways`, its proof is wrong, or
    right but for an earlier hello of ours (proof_late).
    """
    gateway_id, at = take_text(body)
    if len(body) != at + NONCE + 9 + PROOF_SIZE:
        raise FrameError("frame_body", "answer of %d bytes" % len(body))
    if own_nonce is None:
        raise ProofError("proof_unexpected", gateway_id)
    if gateway_id not in gateways:
        raise ProofError("gateway_foreign", gateway_id)
    nonce, at = body[at : at + NONCE], at + NONCE
    known, ts_ms = struct.unpack_from(">BQ", body, at)
    ts_ms = ts_ms if known & _TIME_KNOWN else None
    hellos = own_nonce + bytes(asked)
    for secret in secrets:
        key = gateway_key(secret, gateway_id)
        for begin in range(0, len(hellos), NONCE):
            one = hellos[begin : begin + NONCE]
            transcript = transcript_of(terminal_id, gateway_id, one, nonce, ts_ms)
            if any(one) and same(body[at + 9 :], proof(key, b"gateway", transcript)):
                _wipe(asked, one)
                if begin:
                    raise ProofError("proof_late", gateway_id)
                return gateway_id, ts_ms, secret, proof(key, b"terminal", transcript), session_keys(key, transcript)
    raise ProofError("proof_wrong", gateway_id)


def _wipe(asked, nonce):
    for begin in range(0, len(asked), NONCE):
        if asked[begin : begin + NONCE] == nonce:
            asked[begin : begin + NONCE] = bytes(NONCE)
