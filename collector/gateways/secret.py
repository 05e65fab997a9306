"""A terminal's root secret at rest: sealed under a key file, with the terminal's id as authenticated bytes."""

from collector.errors import ActionError
from collector.keys import opened, sealed

SECRET_BYTES = 32


def wrap(data_dir, terminal_id, secret):
    """The sealed secret, safe to stand in the database. Raises ActionError when it is not 32 bytes."""
    if len(secret) != SECRET_BYTES:
        raise ActionError(f"the secret of {terminal_id} has {len(secret)} bytes; give {SECRET_BYTES}")
    return sealed(data_dir, terminal_id, secret)


def unwrap(data_dir, terminal_id, wrapped):
    """The 32 bytes again. Raises ActionError when the key file is not the one it was sealed under."""
    return opened(data_dir, terminal_id, wrapped)
