"""Who runs a server: whoever runs the tests, and an account without rights where that is root."""

import os
import pwd
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path


def of(name):
    """What subprocess has to be told so that a program runs as this account, and the account's number."""
    if os.geteuid():
        return {}, os.geteuid()
    account = pwd.getpwnam(name)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}, account.pw_uid


@contextmanager
def folder(owner):
    """A folder for this account number alone, gone at the end. Not in pytest's, which nobody else may enter."""
    path = Path(tempfile.mkdtemp(prefix="gantry-"))
    try:
        give(path, owner)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def give(path, owner):
    """Make a folder this account's."""
    if not os.geteuid():
        os.chown(path, owner, -1)
