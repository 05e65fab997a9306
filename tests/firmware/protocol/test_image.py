"""An image is taken only when a trusted key signed exactly these bytes for this board, newer than what is here."""

import hashlib
import json

from firmware.protocol import image
from firmware.protocol.image import File, KeyList, Manifest
from tests.firmware.protocol.plain import refused

with open(__file__[: __file__.rfind("tests")] + "tests/vectors/image.json") as file:
    VECTORS = json.load(file)

KEYS = [bytes.fromhex(key) for key in VECTORS["keys"]]
IMAGE = bytes.fromhex(VECTORS["image"])


def parts():
    manifest, at = image.unpack_manifest(IMAGE)
    signatures, files_at = image.unpack_signatures(IMAGE, at)
    return manifest, IMAGE[:at], signatures, files_at


def test_a_signed_image_reads_back_and_its_files_follow():
    manifest, head, signatures, at = parts()
    assert (manifest.board, manifest.version, manifest.min_boot) == ("pico_w", (1, 4, 2), 1)
    assert image.signed_by(head, signatures, KEYS) == {image.key_id(KEYS[0])}
    for file in manifest.files:
        assert hashlib.sha256(IMAGE[at : at + file.size]).digest() == file.sha256
        at += file.size
    assert at == len(IMAGE)
    assert image.pack_manifest(manifest) == head


def test_any_changed_bit_of_the_manifest_or_the_signature_breaks_it():
    _manifest, head, signatures, _at = parts()
    for at in range(0, len(head), 7):
        changed = bytearray(head)
        changed[at] ^= 0x10
        assert not image.signed_by(bytes(changed), signatures, KEYS[:1])
    for at in range(0, image.KEY_SIZE, 37):
        changed = bytearray(signatures[0][1])
        changed[at] ^= 0x10
        assert not image.signed_by(head, [(signatures[0][0], bytes(changed))], KEYS[:1])


def test_only_trusted_keys_count_and_each_once():
    _manifest, head, signatures, _at = parts()
    assert not image.signed_by(head, signatures, KEYS[1:])
    assert len(image.signed_by(head, signatures * 3, KEYS)) == 1
    assert not image.verify(KEYS[0], signatures[0][1][:-1], head)
    assert not image.verify(KEYS[0], b"\xff" * image.KEY_SIZE, head)


def test_a_right_hash_behind_short_padding_is_refused():
    head = parts()[1]
    assert image.verify(KEYS[0], parts()[2][0][1], head)
    assert not image.verify(KEYS[0], bytes.fromhex(VECTORS["short_padding"]), head)


def test_an_image_for_another_board_an_older_or_a_too_new_one_is_refused():
    manifest = parts()[0]
    image.check(manifest, "pico_w", (1, 4, 1), 1)
    refused("image_board", image.check, manifest, "esp32", (1, 4, 1), 1)
    refused("image_old", image.check, manifest, "pico_w", (1, 4, 2), 1)
    refused("image_old", image.check, manifest, "pico_w", (1, 10, 0), 1)
    refused("image_boot", image.check, manifest, "pico_w", (1, 4, 1), 0)


def test_a_file_may_stand_only_where_the_list_allows():
    for path in ("firmware/terminal/main.mpy", "lib/umqtt/simple.py", "lib/adafruit_sht4x.mpy"):
        assert image.may_stand(path), path
    for path in (
        "boot.py",
        "main.py",
        "machine.py",
        "lib/machine.mpy",
        "lib/time.py",
        "firmware/terminal/boot.py",
        "firmware/terminal/safe.mpy",
        "firmware/terminal/../../boot.py",
        "firmware/terminal//main.py",
        "/firmware/terminal/main.py",
        "firmware/terminal/identity.json",
        "firmware/gateway/app.py",
        "firmware/terminal/Main.py",
        "firmware/terminal/.py",
        "firmware/terminal/main",
        "identity.json",
        "",
    ):
        assert not image.may_stand(path), path


def test_a_manifest_that_names_a_forbidden_doubled_or_huge_file_is_refused():
    good = File("firmware/terminal/main.mpy", 5, bytes(32))
    for files in ([good, File("machine.py", 5, bytes(32))], [good, good], [File(good.path, 200000, bytes(32))]):
        packed = image.pack_manifest(Manifest("pico_w", (1, 0, 0), 1, files))
        for reader in (image.unpack_manifest, image.weigh):
            refused("image_path", reader, packed)


def test_a_manifest_is_weighed_without_its_files_as_with_them():
    manifest, end = image.unpack_manifest(IMAGE)
    total = sum([file.size for file in manifest.files])
    assert image.weigh(IMAGE) == (Manifest(manifest.board, manifest.version, manifest.min_boot, ()), total, end)
    assert list(image.files_of(IMAGE)) == manifest.files


def test_a_truncated_image_is_named_as_that():
    _manifest, head, _signatures, _at = parts()
    for end in range(len(image.MAGIC), len(head)):
        refused("image_truncated", image.unpack_manifest, head[:end])
    refused("image_format", image.unpack_manifest, b"")
    refused("image_format", image.unpack_manifest, b"not an image at all")
    refused("image_truncated", image.unpack_signatures, head, len(head))
    refused("image_truncated", image.unpack_signatures, head + b"\x02" + bytes(392), len(head))


def test_keys_change_only_by_a_newer_list_that_two_present_keys_signed():
    keys, signatures = image.unpack_keys(bytes.fromhex(VECTORS["key_list"]))
    assert keys == KeyList(2, (KEYS[1], KEYS[2]))
    image.check_keys(keys, signatures, KeyList(1, KEYS))
    refused("image_old", image.check_keys, keys, signatures, KeyList(2, KEYS))
    refused("image_signature", image.check_keys, keys, signatures, KeyList(1, KEYS[1:]))
    keys, signatures = image.unpack_keys(bytes.fromhex(VECTORS["key_list_one_signature"]))
    refused("image_signature", image.check_keys, keys, signatures, KeyList(1, KEYS))
    refused("image_truncated", image.unpack_keys, bytes.fromhex(VECTORS["key_list"])[:400])
