"""Files on a board, over its raw REPL: those that differ are sent, and each is hashed on the board afterwards.

A file is written beside its place and then takes it, so that a pulled cable leaves the old one or the new one; what
starts the board comes last. A file there is no room for twice is written in its place, when nothing uses it. The same
call after a loss sends what is still missing.
"""

import hashlib
from binascii import b2a_base64

from flasher.errors import FlashFull, VerifyFailed

PIECE = 768  # bytes in one line of the REPL: 1 KiB of base64
AT_ONCE = 24  # paths in one question
LAST = ("slots.json", "main.py")  # what starts the board, written when everything it starts is there

HASHES = """
import hashlib, json
from binascii import hexlify
found = {}
for path in %r:
    try:
        with open(path, "rb") as file:
            total = hashlib.sha256()
            piece = file.read(512)
            while piece:
                total.update(piece)
                piece = file.read(512)
        found[path] = hexlify(total.digest()).decode()
    except OSError:
        pass
print(json.dumps(found))
"""
BODIES = """
import hashlib, json
from binascii import hexlify
found = []
with open(%r, "rb") as file:
    file.seek(%d)
    for left in %r:
        total = hashlib.sha256()
        while left:
            piece = file.read(min(left, 512))
            left = left - len(piece) if piece else 0
            total.update(piece)
        found.append(hexlify(total.digest()).decode())
print(json.dumps(found))
"""
OPEN = """
import os
from binascii import a2b_base64
parts = %r.split("/")[:-1]
for n in range(len(parts)):
    try:
        os.mkdir("/".join(parts[:n + 1]))
    except OSError:
        pass
file = open(%r, "wb")
"""
CLOSE = "file.close()\nos.rename(%r, %r)"
GONE = """
import os
try:
    file.close()
except (NameError, OSError):
    pass
try:
    os.remove(%r)
except OSError:
    pass
"""
WALK = """
import json, os
found, folders = [], %r
while folders:
    folder = folders.pop()
    try:
        inside = list(os.ilistdir(folder))
    except OSError:
        continue
    for entry in inside:
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            folders.append(path)
        else:
            found.append(path)
print(json.dumps(found))
"""
REMOVE = "import os\nfor path in %r: os.remove(path)"
READ = """
from binascii import hexlify
try:
    with open(%r, "rb") as file:
        left = %d
        while left:
            piece = file.read(min(left, 256))
            left = left - len(piece) if piece else 0
            print(hexlify(piece).decode())
except OSError:
    print("-")
"""
FREE = """
import json, os
try:
    state = os.statvfs("/")
    print(json.dumps([state[0] * state[3], state[0] * state[2]]))
except (OSError, AttributeError):
    print("null")
"""


def hashes(repl, paths):
    """{path: SHA-256 in hexadecimal} of those paths that are on the board, made there."""
    paths, found = list(paths), {}
    for at in range(0, len(paths), AT_ONCE):
        found.update(repl.value(HASHES % (paths[at : at + AT_ONCE],)))
    return found


def differing(repl, wanted):
    """The paths of `wanted`, {path: bytes}, that are missing or other on the board, in the order they are written."""
    there = hashes(repl, wanted)
    paths = [path for path in wanted if there.get(path) != _sha256(wanted[path])]
    return sorted(paths, key=lambda path: LAST.index(path) if path in LAST else -1)


def put(repl, wanted, progress=lambda path, done, total: None, in_place=()):
    """Bring the files of {path: bytes} onto the board; the paths that had to be sent.

    `progress(path, done, total)` hears of every piece, in bytes; `in_place`: paths that are not written beside their
    place first. Raises VerifyFailed, FlashFull and what Repl raises.
    """
    sent = differing(repl, wanted)
    total, before = sum(len(wanted[path]) for path in sent), 0
    for path in sent:

        def told(done, path=path, before=before):
            progress(path, before + done, total)

        _write(repl, path, wanted[path], told, path if path in in_place else f"{path}.new")
        before += len(wanted[path])
    there = hashes(repl, sent)
    wrong = [path for path in sent if there.get(path) != _sha256(wanted[path])]
    if wrong:
        raise VerifyFailed(
            f"{repl.port}: {wrong[0]} reads back other than it was written ({len(wrong)} of {len(sent)} files); "
            "run the same command again, then take another board"
        )
    return sent


def bodies(repl, path, begin, sizes):
    """[SHA-256 in hexadecimal], made on the board, of the parts of a file: so many bytes each, from `begin` on."""
    return repl.value(BODIES % (path, begin, sizes))


def clear(repl, folders, wanted):
    """Remove from folders of the board what is not among the paths `wanted`; what was removed."""
    spare = [path for path in repl.value(WALK % (list(folders),)) if path not in wanted]
    for at in range(0, len(spare), AT_ONCE):
        repl.run(REMOVE % (spare[at : at + AT_ONCE],))
    return spare


def read(repl, path, most=1 << 30):
    """The bytes of a file of the board, `most` of them from its beginning; None when it is not there."""
    text = repl.run(READ % (path, most))
    words = text.split()
    return None if words == [b"-"] else b"".join(bytes.fromhex(word.decode()) for word in words)


def free(repl):
    """(free, whole) bytes of the board's file system, or None where it does not say."""
    return repl.value(FREE)


def _write(repl, path, content, progress, fresh):
    """Write a file by way of `fresh`. What it takes the place of goes first, or littlefs would need room for both."""
    try:
        repl.run(GONE % fresh)
        repl.run(OPEN % (path, fresh))
        for at in range(0, len(content), PIECE):
            repl.run(b"file.write(a2b_base64(b'%s'))" % b2a_base64(content[at : at + PIECE]).strip())
            progress(min(at + PIECE, len(content)))
        repl.run(CLOSE % (fresh, path) if fresh != path else "file.close()")
    except FlashFull as error:
        repl.run(GONE % fresh)
        room = free(repl)
        raise FlashFull(
            f"{repl.port}: the board's flash has no room for {path} ({len(content)} bytes"
            + (f", {room[0]} are free" if room else "")
            + "); let it send its readings to a gateway, or start anew: `flash --erase`, then provision"
        ) from error


def _sha256(content):
    return hashlib.sha256(content).hexdigest()
