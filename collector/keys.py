"""Key files: made once, readable by their owner alone, never in the database and never in a log."""

import os
import secrets
from pathlib import Path

from collector.errors import ActionError
from firmware.protocol.cipher import Sealer, SealError

KEY_BYTES = 32
SECRETS = "keys/secrets.key"


def write_private(path, content):
    """Write a new file that only its owner may read. Raises ActionError when it is there already."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ActionError(f"{path} is there already and is not overwritten; move it away first") from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def key_from(path):
    """The 32 bytes of a key file; made at random when there is none. Raises ActionError when it is no key."""
    path = Path(path)
    if not path.exists():
        write_private(path, secrets.token_hex(KEY_BYTES).encode() + b"\n")
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ActionError(f"{path} does not hold {KEY_BYTES} bytes in hexadecimal; restore it from a backup")
    return key


def sealed(data_dir, about, content):
    """Bytes that may stand in the database; they open only with the key file beside it, and only as `about`."""
    return Sealer(key_from(data_dir / SECRETS)).seal(os.urandom(16), about.encode(), content)


def opened(data_dir, about, content):
    """What was sealed. Raises ActionError when the key file is not the one it was sealed under."""
    path = data_dir / SECRETS
    try:
        return Sealer(key_from(path)).open(about.encode(), bytes(content))
    except SealError as error:
        raise ActionError(f"the secret of {about} does not open with {path}; restore that key file") from error
