"""Files of the state folder: written whole or not at all, readable by the gateway's user alone."""

import os

PRIVATE = 0o600


def write_private(path, data):
    """Replace a file by `data` (bytes) in one step that survives a power cut; mode 0600."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, PRIVATE)
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    os.replace(fresh, path)
    _settle(path.parent)


def _settle(folder):
    """Make the new name itself durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
