"""The constructions give the published answers, and a changed bit or a repeated counter is refused."""

from firmware.protocol.cipher import Mac, Sealer, Window, same
from firmware.protocol.seal import gateway_key, hkdf, mqtt_password, proof, session_keys
from tests.firmware.protocol.plain import refused

unhex = bytes.fromhex

# RFC 4231, test cases 1, 2, 3 and 6 (a key longer than a block)
HMAC = (
    ("0b" * 20, "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        "4a656665",
        "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    ("aa" * 20, "dd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (
        "aa" * 131,
        "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
)

# RFC 5869, appendix A, test cases 1, 2 and 3: secret, salt, info, length, key
HKDF = (
    (
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x00, 0x50)).hex(),
        bytes(range(0x60, 0xB0)).hex(),
        bytes(range(0xB0, 0x100)).hex(),
        82,
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
        "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    (
        "0b" * 22,
        "",
        "",
        42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
)

# RFC 7518, appendix B.1: A128CBC-HS256
JWA_PLAIN = (
    b"A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy"
    b" without inconvenience"
)
JWA_OPEN = b"The second principle of Auguste Kerckhoffs"
JWA_IV = "1af38c2dc2b96ffdd86694092341bc04"
JWA_SEALED = (
    "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10f9aef71427e2fc6f9b3f"
    "399a221489f16362c703233609d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b384c486f3a54c510"
    "78158ee5d79de59fbd34d848b3d69550a67646344427ade54b8851ffb598f7f80074b9473c82e2db"
)
JWA_TAG = "652c3fa36b0a7c5b3219fab3a30bc1c4"


def test_hmac_gives_the_answers_of_rfc_4231():
    for key, data, digest in HMAC:
        assert Mac(unhex(key)).digest(unhex(data)).hex() == digest


def test_hkdf_gives_the_answers_of_rfc_5869():
    for secret, salt, info, length, key in HKDF:
        assert hkdf(unhex(secret), unhex(info), length, unhex(salt)).hex() == key


def test_seal_gives_the_answer_of_rfc_7518():
    sealed = Sealer(bytes(range(32))).seal(unhex(JWA_IV), JWA_OPEN, JWA_PLAIN)
    assert sealed.hex() == JWA_IV + JWA_SEALED + JWA_TAG


def test_what_was_sealed_opens_at_every_length_around_a_block():
    sealer = Sealer(bytes(range(32)))
    for length in range(50):
        plain = bytes(range(length))
        assert sealer.open(b"head", sealer.seal(bytes(16), b"head", plain)) == plain


def test_any_changed_byte_breaks_the_seal():
    sealer = Sealer(bytes(range(32)))
    sealed = sealer.seal(bytes(16), b"head", b"21.56")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        refused("seal_wrong", sealer.open, b"head", bytes(changed))
    refused("seal_wrong", sealer.open, b"Head", sealed)
    refused("seal_wrong", sealer.open, b"head", sealed[:-1])
    refused("seal_wrong", sealer.open, b"head", b"")
    refused("seal_wrong", Sealer(bytes(32)).open, b"head", sealed)


def test_a_counter_is_accepted_once_and_only_near_the_newest():
    window = Window()
    for counter in (1, 3, 2, 70, 7, 69):
        window.accept(counter)
    for counter in (1, 2, 3, 6, 7, 69, 70, 0, -1):
        refused("counter_replayed", window.accept, counter)
    window.accept(1000)
    refused("counter_replayed", window.accept, 936)
    window.accept(937)


def test_equal_means_equal_in_every_byte_and_in_length():
    assert same(b"", b"") and same(b"abc", b"abc")
    assert not same(b"abc", b"abd") and not same(b"abc", b"ab") and not same(b"xbc", b"abc")


def test_every_purpose_has_a_key_of_its_own():
    secret = bytes(range(32))
    key = gateway_key(secret, "gw-1")
    up, down = session_keys(key, b"transcript")
    keys = [key, gateway_key(secret, "gw-2"), up, down, bytes.fromhex(mqtt_password(key))]
    keys += [proof(key, b"gateway", b"transcript"), proof(key, b"terminal", b"transcript")]
    keys += list(session_keys(key, b"another"))
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 32 for key in keys)
