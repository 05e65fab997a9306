"""Terminals that a flasher made: taken over the network or from a sealed hand-over file, once, with their journal."""

import base64
import json
import secrets
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from collector import db
from collector.accounts import sha256
from collector.errors import ActionError
from collector.gateways.actions import add_terminal, assign_terminal
from collector.gateways.certificates import A01, ca_der
from collector.gateways.models import Gateway, Registration, RegistrationLine, Terminal
from collector.gateways.secret import SECRET_BYTES, unwrap
from collector.keys import key_from, write_private
from firmware.protocol.identity import identity_text
from firmware.protocol.seal import hkdf

IDENTITY_SCHEMA = 1
FIRST_MINUTE_MS = 1_577_836_800_000  # 2020-01-01 UTC
HANDOVER_KEY = "keys/handover.key"
INFO, MAGIC = b"gantry handover 1", b"GHO1"
KEY_BYTES = 32
LINES_MOST = 1000
MAX_BYTES = 1024 * 1024


class RegistrationRefused(ActionError):
    """A registration is not taken; `code` is a row of the table in docs/interfaces.md."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class TerminalEntered(msgspec.Struct, forbid_unknown_fields=True):
    """What a flasher tells of a terminal it made."""

    terminal_id: str
    secret: str
    board: str
    version: str
    gateway_id: str
    journal: list[dict]


def register(data_dir, body, way, now_ms):
    """(terminal id, whether it is new) after taking a registration, JSON as bytes. Raises RegistrationRefused.

    A terminal that is known with the same secret is taken again without harm: only its journal grows.
    """
    told, secret = _read(body)
    with db.write():
        known = Terminal.get_or_none(Terminal.terminal_id == told.terminal_id)
        if known is None:
            _require_gateway(told.gateway_id)
            try:
                add_terminal(data_dir, told.terminal_id, secret, now_ms)
                assign_terminal(told.terminal_id, told.gateway_id)
            except ActionError as error:
                raise RegistrationRefused("registration_invalid", str(error)) from error
        elif known.revoked_ms:
            raise RegistrationRefused("terminal_revoked", f"terminal {told.terminal_id} was revoked; choose a new id")
        elif known.is_source or not _same_secret(data_dir, known, secret):
            raise RegistrationRefused(
                "terminal_known", f"there is another terminal {told.terminal_id!r} already; choose another id"
            )
        Registration.keep(told.terminal_id, told.board[:64], told.version[:64], way, now_ms)
        RegistrationLine.keep(told.terminal_id, told.journal)
    return told.terminal_id, known is None


def add_host(data_dir, terminal_id, gateways, folder, now_ms):
    """Register a host agent at the first of its gateways, rows of identity.json, and write what it needs into a folder.

    The secret is made here and stands in that file and, wrapped, in the database only. Raises ActionError; then
    nothing has changed.
    """
    secret, folder = secrets.token_bytes(SECRET_BYTES), Path(folder)
    found = {
        "schema": IDENTITY_SCHEMA,
        "terminal_id": terminal_id,
        "secret": secret.hex(),
        "first_boot_no": (now_ms - FIRST_MINUTE_MS) // 60_000,
        "gateways": gateways,
        "ca": "ca.der",
    }
    ca = ca_der(data_dir, A01)
    with db.write():
        add_terminal(data_dir, terminal_id, secret, now_ms)
        assign_terminal(terminal_id, gateways[0]["gateway_id"])
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / "ca.der").write_bytes(ca)
            write_private(folder / "identity.json", identity_text(found).encode())
        except OSError as error:
            raise ActionError(f"{error.filename} cannot be written: {error.strerror}; choose another --out") from error


def handover_public(data_dir):
    """The public key that hand-over files are sealed to, as base64."""
    return base64.b64encode(_public(_private(data_dir))).decode()


def import_handover(data_dir, content, now_ms):
    """(terminal id, whether it is new) after taking a hand-over file. Raises RegistrationRefused."""
    return register(data_dir, opened(data_dir, content), "handover", now_ms)


def opened(data_dir, content):
    """The registration inside a hand-over file. Raises RegistrationRefused when it is none, foreign or changed."""
    head = len(MAGIC) + KEY_BYTES
    if content[: len(MAGIC)] != MAGIC or not head < len(content) <= MAX_BYTES:
        raise RegistrationRefused("handover_format", "it is no hand-over file; take the file that the flasher wrote")
    private, theirs = _private(data_dir), content[len(MAGIC) : head]
    try:
        key = hkdf(
            private.exchange(X25519PublicKey.from_public_bytes(theirs)), INFO + theirs + _public(private), KEY_BYTES
        )
        return ChaCha20Poly1305(key).decrypt(bytes(12), content[head:], content[:head])
    except (InvalidTag, ValueError):
        raise RegistrationRefused(
            "handover_sealed", "it was sealed to another collector, or changed on the way; make it again with our key"
        ) from None


def _read(body):
    try:
        told = msgspec.json.decode(body, type=TerminalEntered)
        secret = bytes.fromhex(told.secret)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        said = str(error) if isinstance(error, msgspec.DecodeError) else "something in it is no text or no secret"
        raise RegistrationRefused("registration_invalid", f"{said}; update the flasher") from None
    if len(secret) != SECRET_BYTES or len(told.journal) > LINES_MOST:
        text = f"a secret of {len(secret)} bytes or a journal of {len(told.journal)} lines; update the flasher"
        raise RegistrationRefused("registration_invalid", text)
    return told, secret


def _require_gateway(gateway_id):
    gateway = Gateway.get_or_none(Gateway.gateway_id == gateway_id)
    if gateway is None or gateway.revoked_ms:
        raise RegistrationRefused(
            "gateway_unknown", f"there is no gateway {gateway_id[:64]!r}, or it was revoked; `gateway add` makes one"
        )


def _same_secret(data_dir, terminal, secret):
    """Whether it is the secret this terminal was registered with; the one that counts now may be a later one."""
    if terminal.registered_sha256:
        return secrets.compare_digest(terminal.registered_sha256, sha256(secret.hex()))
    return secrets.compare_digest(unwrap(data_dir, terminal.terminal_id, terminal.wrapped_secret), secret)


def _private(data_dir):
    return X25519PrivateKey.from_private_bytes(key_from(data_dir / HANDOVER_KEY))


def _public(private):
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def journal_of(terminal_id):
    """The lines of a terminal's journal as dicts, oldest first."""
    rows = RegistrationLine.select().where(RegistrationLine.terminal_id == terminal_id)
    return [json.loads(row.body) for row in rows.order_by(RegistrationLine.number)]
