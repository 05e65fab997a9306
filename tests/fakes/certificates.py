"""A certificate authority for tests: RSA-2048, valid from 2020, as PEM and as DER.

Mosquitto and the gateway read PEM; a terminal can read DER only.
"""

import ipaddress
from collections import namedtuple
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
YEARS_20 = timedelta(days=7305)

Certified = namedtuple("Certified", ("certificate", "key", "pem", "der", "key_pem"))


def make_ca(common_name, not_after=FIRST_DAY + YEARS_20):
    """A self-signed authority."""
    return _certified(common_name, None, (), FIRST_DAY, not_after)


def make_leaf(ca, names, not_before=FIRST_DAY, not_after=FIRST_DAY + YEARS_20):
    """A server certificate under an authority for host names and addresses."""
    return _certified(names[0], ca, names, not_before, not_after)


def _certified(common_name, ca, names, not_before, not_after):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(ca.certificate.subject if ca else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=ca is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
    certificate = builder.sign(ca.key if ca else key, hashes.SHA256())
    return Certified(
        certificate,
        key,
        certificate.public_bytes(serialization.Encoding.PEM),
        certificate.public_bytes(serialization.Encoding.DER),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _name(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
