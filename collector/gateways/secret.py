"""A terminal's root secret at rest: sealed under a key file, with the terminal's id as authenticated bytes."""

import os

from collector.errors import ActionError
from collector.keys import key_from
from firmware.protocol.cipher import Sealer, SealError

FILE = "keys/secrets.key"
SECRET_BYTES = 32


def wrap(data_dir, terminal_id, secret):
    """The sealed secret, safe to stand in the database. Raises ActionError when it is not 32 bytes."""
    if len(secret) != SECRET_BYTES:
        raise ActionError(f"the secret of {terminal_id} has {len(secret)} bytes; give {SECRET_BYTES}")
    return Sealer(key_from(data_dir / FILE)).seal(os.urandom(16), terminal_id.encode(), secret)


def unwrap(data_dir, terminal_id, wrapped):
    """The 32 bytes again. Raises ActionError when the key file is not the one it was sealed under."""
    path = data_dir / FILE
    try:
        return Sealer(key_from(path)).open(terminal_id.encode(), bytes(wrapped))
    except SealError as error:
        raise ActionError(f"the secret of {terminal_id} does not open with {path}; restore that key file") from error
