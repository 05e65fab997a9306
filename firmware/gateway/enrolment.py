"""Enrolment: a code that serves once becomes a credential and a certificate."""

import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from firmware.gateway import identity
from firmware.gateway.a02 import Collector, CollectorRefused, CollectorSilent
from firmware.gateway.errors import GatewayError

VERSION = "0.1.0"
KEY_BITS = 2048  # RSA: the cheaper side for a board that only verifies


async def enrol(settings, code, names):
    """The gateway id, once everything it needs is in the state folder. Raises GatewayError; then nothing has changed.

    `names` are the host names and addresses by which terminals reach this gateway.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    csr = make_request(key, names).public_bytes(serialization.Encoding.PEM).decode()
    try:
        async with Collector({**settings, "collector.second_url": ""}) as collector:
            granted = await collector.enrol(code, VERSION, csr)
    except CollectorRefused as error:
        raise GatewayError(f"the collector refused the enrolment: {error}; make a new code there") from error
    except CollectorSilent as error:
        raise GatewayError(f"the collector gave no answer: {error}; check collector.url and --ca") from error
    missing = {"gateway_id", "credential", "certificate", "ca"} - granted.keys()
    if missing:
        raise GatewayError(
            f"the collector's answer lacks {', '.join(sorted(missing))}; is {collector.url} a collector?"
        )
    identity.keep_identity(settings["state"], granted, _pem(key))
    return granted["gateway_id"]


def make_renewal(certificate):
    """(key as PEM, certificate request as PEM) for the names of the certificate in a file."""
    found = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    request = make_request(key, [str(name.value) for name in names])
    return _pem(key), request.public_bytes(serialization.Encoding.PEM).decode()


def make_request(key, names):
    """A certificate request for names and addresses. Raises GatewayError when there are none."""
    if not names:
        raise GatewayError("no --name was given; name the host or address that terminals will dial")
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0][:64])])
    try:
        alternatives = x509.SubjectAlternativeName([_general(name) for name in names])
    except ValueError as error:
        raise GatewayError(f"--name is {names!r}: {error}; write host names or addresses") from error
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.add_extension(alternatives, critical=False).sign(key, hashes.SHA256())


def _general(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
