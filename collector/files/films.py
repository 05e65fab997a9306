"""Whether a film is whole: what a camera or a browser did not finish writing, or half of which never came, is seen
by the lengths its own pieces say. Nothing of it is decoded.

Sources: ISO/IEC 14496-12, 4.2 (boxes), also of QuickTime; RFC 8794, 4 to 6 (EBML), RFC 9559, 5.1 (Matroska, WebM).
"""

BOX_HEAD, LARGE_HEAD = 8, 16
BOXES_MOST = 100_000  # a fragment a second has two
EBML_ID, SEGMENT_ID = b"\x1aE\xdf\xa3", b"\x18S\x80g"


def is_cut(stream, kind, size):
    """Whether a seekable stream of so many bytes ends before, or behind, what it says of itself."""
    return _webm_is_cut(stream, size) if kind == "webm" else _boxes_are_cut(stream, size)


def _boxes_are_cut(stream, size):
    at, names = 0, set()
    for _ in range(BOXES_MOST):
        if at >= size:
            break
        stream.seek(at)
        head = stream.read(LARGE_HEAD)
        length = int.from_bytes(head[:4])
        if length == 1:
            length = int.from_bytes(head[8:16])
        elif length == 0:  # to the end
            length = size - at
        if len(head) < BOX_HEAD or length < BOX_HEAD:
            return True
        names.add(head[4:8])
        at += length
    return at != size or not names >= {b"moov", b"mdat"}


def _webm_is_cut(stream, size):
    """A segment of unknown length, as browsers write it while they record, ends where the file does."""
    at = 0
    for wanted in (EBML_ID, SEGMENT_ID):
        stream.seek(at)
        if stream.read(4) != wanted:
            return True
        length, width = _length(stream)
        at += 4 + width + (length or 0)
    return at > size if length is not None else size <= at


def _length(stream):
    """(the length an EBML element says, or None when it is unknown; bytes that said it)."""
    first = stream.read(1)
    width = 9 - first[0].bit_length() if first and first[0] else 1
    said = int.from_bytes(first + stream.read(width - 1)) & ((1 << 7 * width) - 1)
    return (None if said == (1 << 7 * width) - 1 else said), width
