"""Films are whole when their own pieces say so; cut anywhere, with something behind, or lying, they are not."""

import io

import pytest

from collector.files.films import is_cut
from tests.collector.events.parts import box, mp4, webm

LARGE = b"\0\0\0\x01mdat" + (16 + 50).to_bytes(8, "big") + bytes(50)  # a length of 64 bits
ENDLESS = b"\0\0\0\0mdat" + bytes(50)  # to the end of the file
KNOWN = webm(0)[:-8] + b"\x41\x2c" + bytes(300)  # a segment of 300 bytes


def cut(film, kind="mp4"):
    return is_cut(io.BytesIO(film), kind, len(film))


@pytest.mark.parametrize(
    "film,kind",
    [
        (mp4(), "mp4"),
        (mp4(brand=b"qt  "), "mov"),
        (box(b"ftyp", b"isom") + box(b"moov") + LARGE, "mp4"),
        (box(b"ftyp", b"isom") + box(b"moov") + ENDLESS, "mp4"),
        (webm(), "webm"),
        (KNOWN, "webm"),
    ],
)
def test_a_whole_film_is_whole(film, kind):
    assert not cut(film, kind)


def test_a_film_of_boxes_is_cut_wherever_it_ends_too_soon():
    film = mp4(200)
    assert all(cut(film[:end]) for end in range(len(film)))


@pytest.mark.parametrize(
    "film",
    [
        mp4() + b"behind it",
        box(b"ftyp", b"isom") + box(b"mdat", bytes(50)),  # nothing says where the pictures are
        box(b"ftyp", b"isom") + b"\0\0\0\x04mdat" * 3 + box(b"moov"),  # a box smaller than its head
        box(b"ftyp", b"isom") + box(b"free") * 100_001 + box(b"mdat") + box(b"moov"),
    ],
    ids=("behind", "no-moov", "small", "many"),
)
def test_boxes_that_lie_are_no_film(film):
    assert cut(film)


def test_a_browsers_film_is_whole_wherever_it_ends_behind_its_head_and_one_of_known_length_is_not():
    film, head = webm(200), len(webm(0))
    assert [end for end in range(len(film) + 1) if not cut(film[:end], "webm")] == list(range(head + 1, len(film) + 1))
    assert all(cut(KNOWN[:end], "webm") for end in range(len(KNOWN)))
    assert cut(b"\x1aE\xdf\xa3\x00" + bytes(100), "webm") and cut(b"\x1aE\xdf\xa3\xff" + bytes(100), "webm")
