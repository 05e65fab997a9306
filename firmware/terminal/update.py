"""An image taken piece by piece into the slot that does not run, checked whole, and only then made to start as a trial.

Where a cut update goes on is read from the flash itself: the head (manifest and signatures) and the files beside it.
"""

import hashlib
import os

from firmware.protocol import image
from firmware.protocol.errors import ImageError
from firmware.terminal import slots

HEAD = "head.bin"
KEYS = "keys.bin"
MAX_HEAD = 12288
_BLOCK = 512


class Update:
    """One image on its way into the spare slot of `folder` (with its "/" at the end, or "" for the root)."""

    def __init__(self, folder, board, boot_version, image_id, size, head_size):
        """Go on with this image if its head is here already, else begin anew. Raises ImageError."""
        if not 0 < head_size <= MAX_HEAD or size <= head_size:
            raise ImageError("image_format", "%d bytes of which %d are head" % (size, head_size))
        self._folder, self._board, self._boot_version = folder, board, boot_version
        self.image_id, self.size, self._head_size = image_id, size, head_size
        self._state = slots.read(folder)
        if self._state["trial"]:
            raise ImageError("image_old", "an image is on trial; confirm it or let it fall back first")
        self.slot = slots.other(self._state["active"])
        self._place = folder + self.slot + "/"
        self._manifest = None
        if head_here(self._place, image_id):
            self._open_head()
        else:
            remove(folder + self.slot)
            os.mkdir(folder + self.slot)
            self._head = b""

    def wanted(self):
        """The offset of the next byte that is missing, or None when all are here."""
        if self._manifest is None:
            return len(self._head)
        at = self._head_size
        for file in self._manifest.files:
            have = size_of(self._place + file.path)
            if have < file.size:
                return at + have
            at += file.size
        return None

    def left(self, at):
        """How many bytes may come in one piece from an offset on: to the end of the head, or of the file there."""
        if self._manifest is None:
            return self._head_size - at
        end = self._head_size
        for file in self._manifest.files:
            end += file.size
            if at < end:
                return end - at
        return 0

    def take(self, offset, data):
        """Keep a piece that begins where `wanted` says; anything else is left. Raises ImageError."""
        if offset != self.wanted():
            return
        if self._manifest is None:
            self._head += data[: self._head_size - len(self._head)]
            if len(self._head) == self._head_size:
                self._keep_head()
            return
        at = self._head_size
        for file in self._manifest.files:
            if at <= offset < at + file.size:
                make_folders(self._place, file.path)
                with open(self._place + file.path, "ab") as out:
                    out.write(data[: at + file.size - offset])
                return
            at += file.size

    def _keep_head(self):
        head = self._head
        if hashlib.sha256(head).digest()[: len(self.image_id)] != self.image_id:
            self._head = b""
            raise ImageError("image_hash", "the head is not the one that was offered")
        manifest = self._check(head)  # once: there is memory for one copy of a head, and of what it lists
        with open(self._place + HEAD, "wb") as out:
            out.write(head)
        self._manifest = manifest

    def _check(self, head):
        """The manifest of a head that may be installed. Raises ImageError."""
        manifest, at = image.unpack_manifest(head)
        signatures, end = image.unpack_signatures(head, at)
        if end != len(head) or end + sum([file.size for file in manifest.files]) != self.size:
            raise ImageError("image_format", "%d bytes were offered" % self.size)
        if not image.signed_by(head[:at], signatures, trusted(self._folder).keys):
            raise ImageError("image_signature", "%d signatures, none by a trusted key" % len(signatures))
        image.check(manifest, self._board, self._state["floor"], self._boot_version)
        return manifest

    def _open_head(self):
        with open(self._place + HEAD, "rb") as file:
            self._head = file.read()
        self._manifest = self._check(self._head)

    def finish(self):
        """Read every file back; when all are right the slot starts as a trial next time. Raises ImageError.

        A file that is wrong is removed, so that `wanted` asks for it again.
        """
        for file in self._manifest.files:
            if hash_of(self._place + file.path) != file.sha256:
                os.remove(self._place + file.path)
                raise ImageError("image_hash", file.path)
        slots.write(slots.try_next(self._state, self.slot), self._folder)


def head_here(place, image_id):
    """Whether a slot holds the whole head of this image."""
    return size_of(place + HEAD) > 0 and hash_of(place + HEAD)[: len(image_id)] == image_id


def trusted(folder):
    """The key list that stands outside the slots. Raises ImageError."""
    try:
        with open(folder + KEYS, "rb") as file:
            return image.unpack_keys(file.read())[0]
    except OSError:
        raise ImageError("image_signature", "there is no %s%s" % (folder, KEYS)) from None


def change_keys(folder, data):
    """Replace the key list by a newer one that two present keys signed. Raises ImageError; then nothing has changed."""
    keys, signatures = image.unpack_keys(data)
    image.check_keys(keys, signatures, trusted(folder))
    with open(folder + KEYS + ".new", "wb") as file:
        file.write(data)
    os.rename(folder + KEYS + ".new", folder + KEYS)


def size_of(path):
    """Bytes of a file, 0 when it is not there."""
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def hash_of(path):
    """SHA-256 of a file, read in small pieces; of nothing when it is not there."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            piece = file.read(_BLOCK)
            while piece:
                digest.update(piece)
                piece = file.read(_BLOCK)
    except OSError:
        pass  # a missing file has the hash of nothing, which no manifest names
    return digest.digest()


def make_folders(place, path):
    """The folders a file of a slot stands in."""
    folder = place[:-1]
    for part in path.split("/")[:-1]:
        folder += "/" + part
        try:
            os.mkdir(folder)
        except OSError as error:
            if error.errno != 17:  # EEXIST
                raise


def remove(path):
    """A folder with all that is in it; nothing when it is not there."""
    try:
        entries = os.listdir(path)
    except OSError:
        return
    for entry in entries:
        inner = path + "/" + entry
        if os.stat(inner)[0] & 0x4000:
            remove(inner)
        else:
            os.remove(inner)
    os.rmdir(path)
