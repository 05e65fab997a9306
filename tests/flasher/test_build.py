"""The same input gives the same bytes, signed by the release key, and only what a slot may hold."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware.protocol import image
from flasher import build
from flasher.__main__ import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    """A release key."""
    path = tmp_path_factory.mktemp("key") / "release.pem"
    assert CliRunner().invoke(main, ["key", str(path)]).exit_code == 0
    return path


def built(key_file, out, tree=ROOT, folder=None, seed="0", umask=0o022):
    command = [
        sys.executable,
        "-m",
        "flasher",
        "build",
        "pico_w",
        "--version",
        "1.4.2",
        "--key",
        key_file,
        "--out",
        out,
    ]
    surroundings = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": seed}
    done = subprocess.run(command, cwd=folder or tree, capture_output=True, text=True, env=surroundings, umask=umask)
    assert done.returncode == 0, done.stderr
    return out.read_bytes()


def test_a_build_on_another_path_by_another_clock_seed_and_umask_gives_identical_bytes(key_file, tmp_path, monkeypatch):
    other = tmp_path / "another place" / "tree"
    for room in ("firmware", "flasher", "boards"):
        shutil.copytree(ROOT / room, other / room, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("GANTRY_PARTS_CACHE", str(build.parts.cache_folder()))
    for path in other.rglob("*"):
        os.utime(path, (10**9, 10**9))
    first = built(key_file, tmp_path / "one")
    assert first == built(key_file, tmp_path / "two", other, folder=tmp_path, seed="4711", umask=0o077)


def test_an_image_is_signed_whole_and_holds_only_what_a_slot_may(key_file, tmp_path):
    whole = built(key_file, tmp_path / "image")
    manifest, at = image.unpack_manifest(whole)
    signatures, files_at = image.unpack_signatures(whole, at)
    key = build.read_key(key_file)
    assert image.signed_by(whole[:at], signatures, [build.modulus_of(key)])
    assert (manifest.board, manifest.version) == ("pico_w", (1, 4, 2))
    for file in manifest.files:
        assert hashlib.sha256(whole[files_at : files_at + file.size]).digest() == file.sha256, file.path
        files_at += file.size
    assert files_at == len(whole)
    names = {file.path for file in manifest.files}
    assert {"firmware/terminal/main.mpy", "lib/umqtt/simple.mpy", "lib/adafruit_sht4x.mpy"} <= names


def test_a_source_that_does_not_compile_is_named():
    with pytest.raises(build.BuildError, match="firmware/terminal/main.py does not compile"):
        build.compiled("def (:\n", "firmware/terminal/main.py")


@pytest.mark.parametrize("words", [["1.4"], ["1.4.x"], ["1.4.999"]])
def test_a_version_that_is_not_three_numbers_is_refused(key_file, tmp_path, words):
    said = CliRunner().invoke(
        main, ["build", "pico_w", "--version", words[0], "--key", str(key_file), "--out", str(tmp_path / "x")]
    )
    assert said.exit_code == 1 and words[0] in said.output


def test_a_file_that_is_no_release_key_is_refused(tmp_path):
    (tmp_path / "key").write_text("not a key")
    with pytest.raises(build.BuildError, match="no release key"):
        build.read_key(tmp_path / "key")


def test_a_key_is_never_overwritten(key_file):
    before = key_file.read_bytes()
    assert CliRunner().invoke(main, ["key", str(key_file)]).exit_code == 1
    assert key_file.read_bytes() == before
    assert key_file.stat().st_mode & 0o077 == 0


def test_a_key_list_is_signed_by_two_keys_that_are_trusted_now(key_file, tmp_path):
    second, out = tmp_path / "second.pem", tmp_path / "keys.bin"
    assert CliRunner().invoke(main, ["key", str(second)]).exit_code == 0
    words = ["keys", "--serial", "2", "--trust", str(second), "--signer", str(key_file), "--out", str(out)]
    alone = CliRunner().invoke(main, words)
    assert alone.exit_code == 1 and "two keys" in alone.output and not out.exists()
    assert CliRunner().invoke(main, [*words, "--signer", str(second)]).exit_code == 0
    keys, signatures = image.unpack_keys(out.read_bytes())
    moduli = tuple(build.modulus_of(build.read_key(path)) for path in (key_file, second))
    image.check_keys(keys, signatures, image.KeyList(1, moduli))
    assert keys == image.KeyList(2, moduli[1:])
