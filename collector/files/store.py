"""The folder of contents: each under its hash, written beside its place and moved there whole."""

import hashlib
import os
import secrets
import tempfile
from contextlib import ExitStack
from pathlib import Path

from collector import db
from collector.files.kinds import FileRefused

FOLDER, NEW = "files", "new-"
ARRIVING = "arriving"  # below it: what comes in parts, each under the number of its arrival
PIECE = 256 * 1024


def folder():
    """Where the contents lie, beside the database."""
    path = Path(db.folder()) / FOLDER
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def path_of(sha256):
    """The place of a content."""
    return folder() / sha256[:2] / sha256


def new_copy():
    """An empty file in the folder, open; whoever asks settles or discards it, and `tidy` what was left."""
    return tempfile.NamedTemporaryFile(dir=folder(), prefix=NEW, delete=False)


def taken_in(stream, most):
    """(open file, its SHA-256 in hexadecimal, its bytes) of a copy in the folder. Raises FileRefused beyond `most`."""
    copy = new_copy()
    digest, size = hashlib.sha256(), 0
    with ExitStack() as undo:
        undo.callback(discard, copy)
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > most:
                raise FileRefused("size", str(most // (1024 * 1024)))
            digest.update(piece)
            copy.write(piece)
        copy.flush()
        undo.pop_all()
    return copy, digest.hexdigest(), size


def arriving(number):
    """The place of what comes in parts."""
    path = folder() / ARRIVING
    path.mkdir(mode=0o700, exist_ok=True)
    return path / str(number)


def write_part(content, at, body):
    """Put bytes at their place, the last of a file; they are on the disk afterwards."""
    content.truncate(at)
    content.seek(at)
    content.write(body)
    content.flush()
    os.fsync(content.fileno())


def second_name(path):
    """An open copy that is the same content under another name, so that giving it its place takes nothing away."""
    name = folder() / f"{NEW}{secrets.token_hex(8)}"
    os.link(path, name)
    return name.open("r+b")


def settle(copy, sha256):
    """Give a copy its place; what stands there already is the same content. It is on the disk afterwards."""
    path = path_of(sha256)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    os.fsync(copy.fileno())
    os.replace(copy.name, path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def discard(copy):
    """Close a copy, and remove it unless it has found its place."""
    copy.close()
    Path(copy.name).unlink(missing_ok=True)


def fault_of(file):
    """What is wrong with the content of a File: "gone", "another", or None. The content is read to its end."""
    try:
        with open_content(file) as content:
            return None if hashlib.file_digest(content, "sha256").hexdigest() == file.sha256 else "another"
    except FileNotFoundError:
        return "gone"


def open_content(file):
    """The content of a File as a binary stream. Raises FileNotFoundError when it is gone."""
    return path_of(file.sha256).open("rb")


def opened(name):
    """What stands under a name in the folder; of a copy this is the end, once it was read."""
    path = folder() / name
    content = path.open("rb")
    if path.name.startswith(NEW):
        path.unlink()
    return content
