"""What runs on the board and is not ours comes whole and proved, or not at all."""

import hashlib
import tarfile
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest

from flasher import parts


@contextmanager
def index(project, filename, content):
    """A package index on loopback with one project of one file; yields its address and what was asked for."""
    asked = []

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            page = f'<!DOCTYPE html><html><body><a href="/files/{filename}">{filename}</a></body></html>'.encode()
            found = {f"/simple/{project}/": page, f"/files/{filename}": content}.get(self.path)
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "text/html" if found is page else "application/octet-stream")
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_words):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/", asked
    finally:
        server.shutdown()
        server.server_close()


def wheel(**files):
    """The bytes of a wheel with these files."""
    box = BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + ".py", text)
    return box.getvalue()


def part(content, members=("driver.py",)):
    """A part whose pinned hash is that of some content."""
    digest = hashlib.sha256(content).hexdigest()
    return parts.Part("driver", "1.0", "driver-1.0-py3-none-any.whl", digest, "", members)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no index that answers."""
    monkeypatch.setenv("GANTRY_PARTS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
    return tmp_path / "cache"


def test_exactly_the_files_a_board_needs_are_staged_unchanged(tmp_path):
    parts.stage(tmp_path)
    staged = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert staged == sorted(member for part in parts.PARTS for member in part.members)
    archive = parts.fetch(parts.PARTS[0])
    with tarfile.open(archive) as box:
        inside = box.extractfile("micropython-umqtt.simple-1.3.4/umqtt/simple.py").read()
    assert (tmp_path / "umqtt/simple.py").read_bytes() == inside


def test_a_part_comes_from_the_index_pip_was_told_to_use_and_only_once(cache, tmp_path, monkeypatch):
    content = wheel(driver="print(1)")
    with index("driver", part(content).filename, content) as (address, asked):
        monkeypatch.setenv("PIP_INDEX_URL", address)
        parts.stage(tmp_path / "a", [part(content)])
        assert (tmp_path / "a/driver.py").read_text() == "print(1)"
        first = len(asked)
        parts.stage(tmp_path / "b", [part(content)])
        assert len(asked) == first


def test_a_file_put_into_the_cache_by_hand_serves_offline(cache, tmp_path):
    content = wheel(driver="print(2)")
    place = cache / part(content).sha256 / part(content).filename
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    parts.stage(tmp_path / "board", [part(content)])
    assert (tmp_path / "board/driver.py").read_text() == "print(2)"


def test_another_file_under_the_same_name_is_refused_and_nothing_is_staged(cache, tmp_path, monkeypatch):
    wanted = part(wheel(driver="print(3)"))
    with index("driver", wanted.filename, wheel(driver="evil()")) as (address, _asked):
        monkeypatch.setenv("PIP_INDEX_URL", address)
        with pytest.raises(parts.PartError, match="pinned is " + wanted.sha256):
            parts.stage(tmp_path / "board", [wanted])
    assert not (tmp_path / "board").exists()
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_one_changed_byte_anywhere_in_a_source_package_is_refused(cache, tmp_path, monkeypatch):
    whole = wheel(driver="print(3)")
    wanted = part(whole)
    for at in (0, len(whole) // 3, len(whole) - 1):
        changed = whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :]
        with index("driver", wanted.filename, changed) as (address, _asked):
            monkeypatch.setenv("PIP_INDEX_URL", address)
            with pytest.raises(parts.PartError, match=f"pinned is {wanted.sha256}: do not use this index"):
                parts.stage(tmp_path / "board", [wanted])
    assert not (tmp_path / "board").exists()


def test_a_spoiled_cache_is_not_believed(cache, tmp_path, monkeypatch):
    content = wheel(driver="print(4)")
    place = cache / part(content).sha256 / part(content).filename
    place.parent.mkdir(parents=True)
    place.write_bytes(b"spoiled")
    with index("driver", part(content).filename, content) as (address, _asked):
        monkeypatch.setenv("PIP_INDEX_URL", address)
        assert parts.fetch(part(content)).read_bytes() == content


def test_an_index_that_does_not_answer_is_said_in_one_line(cache, tmp_path):
    with pytest.raises(parts.PartError, match="cannot be fetched .*check the network"):
        parts.stage(tmp_path / "board", [part(b"never seen")])


def test_an_index_without_the_file_is_said_in_one_line(cache, tmp_path, monkeypatch):
    with index("driver", "driver-0.9-py3-none-any.whl", b"") as (address, _asked):
        monkeypatch.setenv("PIP_INDEX_URL", address)
        with pytest.raises(parts.PartError, match=r"no driver-1.0-py3-none-any.whl: put the file"):
            parts.stage(tmp_path / "board", [part(b"never seen")])


def test_only_members_asked_for_by_their_exact_name_leave_an_archive(cache, tmp_path):
    content = wheel(driver="print(5)", **{"..__outside": "evil()"})
    place = cache / part(content).sha256 / part(content).filename
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    parts.stage(tmp_path / "board", [part(content)])
    assert not (tmp_path / "outside.py").exists()
    with pytest.raises(parts.PartError, match="holds no file missing.py"):
        parts.stage(tmp_path / "other", [part(content, ("missing.py",))])


def test_the_command_says_what_is_wrong_and_fails(cache, tmp_path, capsys):
    assert parts.main(tmp_path / "board") == 1
    assert "check the network" in capsys.readouterr().err
