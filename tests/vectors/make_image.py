"""Makes tests/vectors/image.json anew: `python tests/vectors/make_image.py`. Three throw-away RSA-3072 keys sign it."""

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


def main():
    """Write the vectors."""
    keys = [rsa.generate_private_key(image.E, 3072) for _ in range(3)]
    moduli = [key.public_key().public_numbers().n.to_bytes(image.KEY_SIZE, "big") for key in keys]
    files = [image.File(path, len(body), hashlib.sha256(body).digest()) for path, body in FILES]
    head = image.pack_manifest(image.Manifest("pico_w", (1, 4, 2), 1, files))
    signatures = image.pack_signatures([sign(keys[0], head)])
    key_list = image.pack_keys(image.KeyList(2, moduli[1:]))
    vectors = {
        "keys": [modulus.hex() for modulus in moduli],
        "image": (head + signatures + b"".join(body for _path, body in FILES)).hex(),
        "key_list": (key_list + image.pack_signatures([sign(keys[0], key_list), sign(keys[1], key_list)])).hex(),
        "short_padding": short_padding(keys[0], head).hex(),
        "key_list_one_signature": (key_list + image.pack_signatures([sign(keys[0], key_list)] * 2)).hex(),
    }
    (ROOT / "tests/vectors/image.json").write_text(json.dumps(vectors, indent=1))


if __name__ == "__main__":
    main()
