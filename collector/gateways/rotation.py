"""Rotation: a terminal's root secret is replaced, and both count until a challenge under the new one has passed.

The new secret is computed on both sides from the old one and a nonce, which travels sealed: no secret is ever on a
wire. Only the terminal itself says that it has not done it and never will; then the old secret counts alone (fleet.py).
"""

import json
import secrets

from collector import db
from collector.accounts import sha256
from collector.errors import ActionError
from collector.gateways import fleet
from collector.gateways.actions import terminal_named
from collector.gateways.models import Command, Terminal
from collector.gateways.secret import unwrap, wrap
from firmware.protocol.seal import hkdf

NONCE_BYTES = 32


def next_secret(secret, nonce):
    """The root secret that follows another; docs/interfaces.md, tests/vectors/rotation.json."""
    return hkdf(secret, b"gantry rotate" + nonce)


def rotate(data_dir, terminal_id, issuer, reason, expires_min, now_ms):
    """The number of the command that rotates a terminal's secret. Raises ActionError."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    with db.write():
        terminal = terminal_named(terminal_id)
        if terminal.wrapped_next is not None:
            raise ActionError(
                f"rotation {terminal.rotation} of {terminal_id!r} is under way; `command show` says how far"
            )
        body = {"nonce": nonce.hex()}
        number = fleet.queue_command(terminal, "rotate", body, issuer, reason, expires_min, now_ms)
        secret = unwrap(data_dir, terminal_id, terminal.wrapped_secret)
        terminal.registered_sha256 = terminal.registered_sha256 or sha256(secret.hex())
        terminal.wrapped_next = wrap(data_dir, terminal_id, next_secret(secret, nonce))
        terminal.rotation = number
        terminal.save()
    return number


def check_rotated(gateway, body):
    """(terminal id, number) of a record of kind rotated. Raises ValueError."""
    terminal_id, number = (body.get("terminal_id"), body.get("rotation")) if isinstance(body, dict) else (None, None)
    if type(number) is not int or terminal_id not in {terminal.terminal_id for terminal in Terminal.of(gateway)}:
        raise ValueError(f"body is {json.dumps(body)[:80]}: no rotation of a terminal of this gateway")
    return terminal_id, number


def keep_rotated(_gateway, checked, ts_ms):
    """The new secret counts alone, and the command that made it is done. A late word about another changes nothing."""
    terminal_id, number = checked
    terminal = Terminal.get_by_id(terminal_id)
    if terminal.rotation != number or terminal.wrapped_next is None:
        return
    terminal.wrapped_secret, terminal.wrapped_next = terminal.wrapped_next, None
    terminal.save()
    command = Command.get_or_none(Command.id == number)
    if command is not None and command.state in fleet.OPEN:
        fleet.change(command, "done", ts_ms, None)
