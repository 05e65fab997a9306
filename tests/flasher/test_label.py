"""Labels are read by a real reader, tell nothing but the id, and find a wrong character."""

import io
import string
import subprocess

import pytest
import zxingcpp
from click.testing import CliRunner
from PIL import Image

from flasher import label
from flasher.__main__ import main
from flasher.errors import FlasherError
from tests.needs import require_program


def test_the_code_is_read_and_says_the_id_with_its_digits(tmp_path):
    out = tmp_path / "ct-01.png"
    assert CliRunner().invoke(main, ["label", "ct-01", "--out", str(out)]).exit_code == 0
    with Image.open(io.BytesIO(out.read_bytes())) as picture:
        (code,) = zxingcpp.read_barcodes(picture)
    assert code.text == label.qr_text("ct-01") and label.id_in(code.text) == "ct-01"


def test_every_wrong_character_and_every_swap_of_neighbours_is_found():
    text = "ct-01.Imaging_7"
    digits = label.check_digits(text)
    for at in range(len(text)):
        for other in string.ascii_letters + string.digits + "._-":
            if other != text[at]:
                assert label.check_digits(text[:at] + other + text[at + 1 :]) != digits
    for at in range(len(text) - 1):
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        assert swapped == text or label.check_digits(swapped) != digits


@pytest.mark.parametrize("text", ["", "ct-01", "gantry:ct-01", "gantry:ct-01:00", "gantry::98", "other:ct-01:47"])
def test_what_is_no_label_is_refused(text):
    with pytest.raises(FlasherError, match="scan it again"):
        label.id_in(text)


@pytest.mark.parametrize("size", label.SIZES)
def test_a_sheet_of_many_is_read_back_label_by_label(tmp_path, size):
    render = require_program("pdftoppm", "poppler-utils")
    ids = [f"ct-{n:02d}" for n in range(5)]
    out = tmp_path / "labels.pdf"
    words = ["label", *ids, "--size", size, "--under", "太湖医院 影像科", "--out", str(out)]
    assert CliRunner().invoke(main, words).exit_code == 0
    subprocess.run([render, "-r", "200", "-png", out, tmp_path / "page"], check=True, capture_output=True)
    read = []
    for page in sorted(tmp_path.glob("page*.png")):
        with Image.open(page) as picture:
            read += [label.id_in(code.text) for code in zxingcpp.read_barcodes(picture)]
    assert sorted(read) == ids


def test_many_labels_do_not_fit_one_png(tmp_path):
    done = CliRunner().invoke(main, ["label", "a", "b", "--out", str(tmp_path / "x.png")])
    assert done.exit_code == 1 and ".pdf" in done.output
