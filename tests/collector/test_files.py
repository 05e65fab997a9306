"""Files: known by their content, kept once, pictures without what a camera wrote, handed out harmless."""

import io
import os
import zipfile

import pytest
from click.testing import CliRunner
from PIL import Image

from collector import db, files
from collector.__main__ import main
from collector.files import actions, store
from collector.files.models import File
from tests.collector.site import now_ms

PDF = b"%PDF-1.7\n1 0 obj\n" + b"x" * 300
HOUR_MS = 3_600_000


def picture(form="JPEG", size=(80, 60), **more):
    out = io.BytesIO()
    Image.new("RGB", size, "steelblue").save(out, form, **more)
    return out.getvalue()


def camera_picture():
    """A JPEG that lies on its side, with a place and an owner in it."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "MARKER OF A CAMERA"
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif, comment=b"MARKER OF A CAMERA")


def office(name="xl/workbook.xml", more=()):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for each in (name, *more):
            packed.writestr(each, "<x/>")
    return out.getvalue()


def keep(content, name="a file", allowed=files.DOCUMENTS, at_ms=None):
    return files.keep(io.BytesIO(content), name, allowed, at_ms or now_ms())


def contents():
    return sorted(path.name for path in store.folder().glob("*/*")) + list(store.folder().glob("new-*"))


@pytest.fixture(autouse=True)
def _opened(site):
    with site.app.app_context():
        yield


def test_a_file_comes_back_as_it_was_and_the_same_content_is_kept_once():
    first, second = keep(PDF, "contract.pdf"), keep(PDF, "again.docx")
    assert files.open(first).read() == PDF and (first.bytes, first.kind) == (len(PDF), "pdf")
    assert second.name == "again.pdf", "the ending is that of the content"
    assert contents() == [first.sha256] and File.bytes_kept() == len(PDF)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_made_anew(form):
    kept = keep(picture(form), allowed=files.PHOTOS)
    assert kept.kind == form.lower()
    assert Image.open(files.open(kept)).size == (80, 60)


def test_what_a_camera_wrote_is_gone_and_the_picture_stands_upright():
    content = camera_picture()
    assert b"MARKER OF A CAMERA" in content
    kept = files.open(keep(content, "IMG_1.jpg", files.PHOTOS)).read()
    assert b"MARKER" not in kept and b"Exif" not in kept
    assert Image.open(io.BytesIO(kept)).size == (60, 80)


def test_what_stands_behind_a_picture_is_gone():
    kept = keep(picture("PNG") + b"<script>alert(1)</script>", "x.html", files.PHOTOS)
    assert b"script" not in files.open(kept).read() and kept.name == "x.png"


@pytest.mark.parametrize(
    "content,code",
    [
        (b"", "empty"),
        (b"<html><script>alert(1)</script>", "type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "type"),
        (b"MZ" + b"\0" * 200, "type"),
        (b"PK\x03\x04 and no more", "type"),
        (office("other.txt"), "type"),
        (office("word/document.xml", ["word/vbaProject.bin"]), "program"),
        (picture()[:400], "picture"),
        (picture("PNG")[:60], "picture"),
        (b"RIFF\0\0\0\0WEBPVP8 broken", "picture"),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 100, "type"),
    ],
)
def test_what_is_no_document_is_refused_and_leaves_nothing(content, code):
    with pytest.raises(files.FileRefused) as refused:
        keep(content, "harmless.pdf")
    assert refused.value.code == code
    assert not File.select().exists() and contents() == []


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked():
    with pytest.raises(files.FileRefused) as refused:
        keep(picture("PNG", (12_000, 9_000)))
    assert refused.value.code == "picture"


def test_a_file_that_is_too_large_is_refused_while_it_is_read(monkeypatch):
    monkeypatch.setitem(files.KINDS, "pdf", files.KINDS["pdf"]._replace(most=200))
    with pytest.raises(files.FileRefused) as refused:
        keep(PDF)
    assert refused.value.code == "size"
    with pytest.raises(files.FileRefused) as refused:
        keep(PDF, allowed=("pdf",))
    assert refused.value.code == "size" and contents() == []


def test_all_files_together_take_no_more_than_was_set(site):
    (site.data_dir / "collector.toml").write_text("files_most_mb = 1\n")
    big = b"%PDF-" + os.urandom(700_000)
    kept = keep(big)
    assert keep(big).sha256 == kept.sha256, "what is there already takes nothing"
    with pytest.raises(files.FileRefused) as refused:
        keep(b"%PDF-" + os.urandom(700_000))
    assert refused.value.code == "full" and File.select().count() == 2


@pytest.mark.parametrize(
    "given,shown",
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\temp\\Prüfbericht 2026.PDF", "Prüfbericht 2026.pdf"),
        ("合同.pdf", "合同.pdf"),
        ('<img src=x onerror="a">.pdf', "img src=x onerror= a.pdf"),
        ("a\r\nSet-Cookie: x", "a Set-Cookie x.pdf"),
        ("\u202efdp.exe", "fdp.pdf"),
        ("", "file.pdf"),
        ("x" * 500, "x" * 120 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(given, shown):
    assert actions.shown_name(given, "pdf") == shown


def test_only_a_picture_is_shown_everything_else_is_saved_and_nothing_runs(site):
    with site.app.test_request_context():
        seen, saved = files.sent(keep(picture())), files.sent(keep(PDF, "Bericht ü.pdf"))
    for answer in (seen, saved):
        assert (
            answer.headers["X-Content-Type-Options"] == "nosniff"
            and "sandbox" in answer.headers["Content-Security-Policy"]
        )
    assert seen.headers["Content-Disposition"].startswith("inline") and seen.mimetype == "image/jpeg"
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_a_content_goes_an_hour_after_its_last_file_and_not_before():
    first, second = keep(PDF), keep(PDF)
    files.drop(first, now_ms())
    assert files.tidy(now_ms() + 2 * HOUR_MS) == 0, "another file still needs it"
    files.drop(second, now_ms())
    assert files.tidy(now_ms()) == 0 and files.tidy(now_ms() + 2 * HOUR_MS) == 1
    assert contents() == [] and File.bytes_kept() == 0


def test_what_a_crash_left_is_cleared_away_and_what_is_kept_stays():
    kept = keep(PDF)
    (store.folder() / "new-left").write_bytes(b"half")
    with pytest.raises(ZeroDivisionError), db.write():
        lost = keep(picture())
        raise ZeroDivisionError
    assert files.tidy(now_ms() + 2 * HOUR_MS) == 2
    assert contents() == [kept.sha256] != [lost.sha256]


def test_a_content_that_is_gone_or_another_one_is_named_by_the_check(site):
    with site.app.app_context():
        whole, gone, other = (files.keep(io.BytesIO(PDF + bytes([n])), f"{n}.pdf", ["pdf"], now_ms()) for n in range(3))
        command = ["--data", str(site.data_dir), "check"]
        assert CliRunner().invoke(main, command).exit_code == 0
        store.path_of(gone.sha256).unlink()
        store.path_of(other.sha256).write_bytes(PDF)
        said = CliRunner().invoke(main, command)
        assert f"file {gone.id} 1.pdf: gone" in said.output and f"file {other.id} 2.pdf: another" in said.output
        assert (
            said.exit_code == 1 and "0 terminals and 2 files are not as they were stored" in said.output + said.stderr
        )
        assert f"file {whole.id}" not in said.output
