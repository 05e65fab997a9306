"""Makes image.json and update.json anew: `python tests/vectors/make_image.py`. Three throw-away RSA-3072 keys sign."""

import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from firmware.protocol import image  # noqa: E402

FILES = (("firmware/terminal/main.mpy", b"M\x06main"), ("lib/umqtt/simple.mpy", b"M\x06umqtt"))


def sign(key, data):
    """(key id, signature) of one key over data."""
    modulus = key.public_key().public_numbers().n.to_bytes(image.KEY_SIZE, "big")
    return image.key_id(modulus), key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def short_padding(key, data):
    """What a careless verifier takes: a right hash behind too little padding, free bytes after it, really signed."""
    numbers = key.private_numbers()
    block = b"\x00\x01" + b"\xff" * 8 + b"\x00" + image._SHA256_INFO + hashlib.sha256(data).digest()
    value = int.from_bytes(block.ljust(image.KEY_SIZE, b"\x5a"), "big")
    return pow(value, numbers.d, numbers.public_numbers.n).to_bytes(image.KEY_SIZE, "big")


def vectors_of_image(keys, moduli):
    """What tests/firmware/protocol/test_image.py reads."""
    files = [image.File(path, len(body), hashlib.sha256(body).digest()) for path, body in FILES]
    head = image.pack_manifest(image.Manifest("pico_w", (1, 4, 2), 1, files))
    signatures = image.pack_signatures([sign(keys[0], head)])
    key_list = image.pack_keys(image.KeyList(2, moduli[1:]))
    return {
        "keys": [modulus.hex() for modulus in moduli],
        "image": (head + signatures + b"".join(body for _path, body in FILES)).hex(),
        "key_list": (key_list + image.pack_signatures([sign(keys[0], key_list), sign(keys[1], key_list)])).hex(),
        "short_padding": short_padding(keys[0], head).hex(),
        "key_list_one_signature": (key_list + image.pack_signatures([sign(keys[0], key_list)] * 2)).hex(),
    }


def vectors_of_update(keys, moduli):
    """What tests/firmware/terminal/board_update.py reads: an image of some kilobytes, and one by a foreign key."""
    bodies = [hashlib.sha256(bytes((number,))).digest() * (10 + 60 * number) for number in range(3)]
    paths = ("firmware/protocol/seal.mpy", "firmware/terminal/main.mpy", "lib/umqtt/simple.mpy")
    files = [image.File(p, len(b), hashlib.sha256(b).digest()) for p, b in zip(paths, bodies, strict=True)]
    manifest = image.pack_manifest(image.Manifest("pico_w", (1, 4, 2), 1, files))
    head, foreign = (manifest + image.pack_signatures([sign(key, manifest)]) for key in (keys[0], keys[2]))
    first, second = (image.pack_keys(image.KeyList(serial, moduli[:2])) for serial in (1, 2))
    return {
        "image": (head + b"".join(bodies)).hex(),
        "head_size": f"{len(head):08x}",
        "image_id": hashlib.sha256(head).digest()[:8].hex(),
        "foreign": (foreign + b"".join(bodies)).hex(),
        "foreign_id": hashlib.sha256(foreign).digest()[:8].hex(),
        "key_list": (first + image.pack_signatures([sign(keys[0], first), sign(keys[1], first)])).hex(),
        "next_key_list": (second + image.pack_signatures([sign(keys[0], second), sign(keys[1], second)])).hex(),
    }


def main():
    """Write the vectors."""
    keys = [rsa.generate_private_key(image.E, 3072) for _ in range(3)]
    moduli = [key.public_key().public_numbers().n.to_bytes(image.KEY_SIZE, "big") for key in keys]
    for name, make in (("image", vectors_of_image), ("update", vectors_of_update)):
        (ROOT / f"tests/vectors/{name}.json").write_text(json.dumps(make(keys, moduli), indent=1))


if __name__ == "__main__":
    main()
