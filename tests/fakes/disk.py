"""A small file system of one's own, and a way to fill it to its last byte."""

import errno
import subprocess
from contextlib import contextmanager

from tests.needs import missing, require_program


@contextmanager
def mounted(folder, mebibytes=12):
    """A tmpfs at a folder that is made for it, until the end of this. Skips where nothing can be mounted."""
    require_program("mount", "mount")
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", folder]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        missing(f"a file system of {mebibytes} MiB cannot be mounted: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def remount(folder, how):
    """`how` is "ro" or "rw"; nobody may have a file of it open for writing."""
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


def stuff(folder):
    """Fill a file system to its last byte; the file that does it."""
    path = folder / "stuff"
    with open(path, "wb", buffering=0) as file:
        for size in (65536, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                assert error.errno == errno.ENOSPC
    return path
