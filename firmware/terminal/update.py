"""An image taken piece by piece into the slot that does not run, checked whole, and only then made to start as a trial.

A slot is one file, the image itself. Nothing of an image is kept before its head (manifest and signatures) is whole and
right; from then on the size of the file says where a cut update goes on.
"""

import gc
import hashlib
import os

from firmware.protocol import image
from firmware.protocol.image import ImageError
from firmware.terminal import slots

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
        self._slot = slots.other(self._state["active"])
        self._path = folder + slots.file_of(self._slot)
        head = _start_of(self._path, head_size)
        self._head = head if self._is_offered(head) else b""  # while it comes; None once it is on the flash
        if self._head:
            self._check(head)
            self._head = None

    def wanted(self):
        """The offset of the next byte that is missing, or None when all are here."""
        have = _size_of(self._path) if self._head is None else len(self._head)
        return have if have < self.size else None

    def left(self, at):
        """How many bytes may come in one piece from an offset on: to the end of the head, or of the image."""
        return (self.size if self._head is None else self._head_size) - at

    def take(self, offset, data):
        """Keep a piece that begins where `wanted` says; anything else is left. Raises ImageError, OSError."""
        if offset != self.wanted():
            return
        data = data[: self.left(offset)]
        if self._head is None:
            try:
                with open(self._path, "ab") as out:
                    out.write(data)
            except OSError:  # no room: what came of the image gives its own back, readings need it
                os.remove(self._path)
                raise
            return
        self._head += data
        if len(self._head) == self._head_size:
            self._keep_head()

    def _keep_head(self):
        """From here on the image that was in the slot before is gone."""
        head, self._head = self._head, b""
        if not self._is_offered(head):
            raise ImageError("image_hash", "the head is not the one that was offered")
        self._check(head)
        self._state = slots.spoiled(self._state, self._slot)
        slots.write(self._state, self._folder)
        with open(self._path, "wb") as out:
            out.write(head)
        self._head = None

    def _is_offered(self, head):
        return hashlib.sha256(head).digest()[: len(self.image_id)] == self.image_id

    def _check(self, head):
        manifest, files_size, at = image.weigh(head)
        signatures, end = image.unpack_signatures(head, at)
        if end != len(head) or end + files_size != self.size:
            raise ImageError("image_format", "%d bytes were offered" % self.size)
        image.check(manifest, self._board, self._state["floor"], self._boot_version)
        gc.collect()  # the signature needs the memory
        if not image.signed_by(memoryview(head)[:at], signatures, trusted(self._folder).keys):
            raise ImageError("image_signature", "%d signatures, none by a trusted key" % len(signatures))

    def finish(self):
        """Read every file back; when all are right the slot starts as a trial next time. Raises ImageError.

        When one is wrong the image is removed, so that `wanted` asks for it from the beginning.
        """
        try:
            with open(self._path, "rb") as file:
                self._prove(file)
        except ImageError:
            os.remove(self._path)
            self._head = b""
            raise
        slots.write(slots.try_next(self._state, self._slot), self._folder)

    def _prove(self, file):
        """Compare the hash of every file of the image on the flash, its head too. Raises ImageError."""
        head = file.read(self._head_size)
        if not self._is_offered(head):
            raise ImageError("image_hash", "the head")
        for one in image.files_of(head):
            if _hash_of(file, one.size) != one.sha256:
                raise ImageError("image_hash", one.path)


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


def _size_of(path):
    """Bytes of a file, 0 when it is not there."""
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def _start_of(path, size):
    """The first bytes of a file; fewer when it has no more, none when it is not there."""
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError:
        return b""


def _hash_of(file, size):
    """SHA-256 of the next bytes of an open file, read in small pieces."""
    digest = hashlib.sha256()
    while size:
        piece = file.read(min(size, _BLOCK))
        if not piece:
            break  # the file ends: what is here has another hash than the whole
        digest.update(piece)
        size -= len(piece)
    return digest.digest()
