"""The site's two certificate authorities: one signs what terminals check (A01), one what gateways check (A02).

A gateway asks for the names in its certificate itself; signed by the authority of A01 it cannot pose as the collector.

Everything is valid from 2020-01-01, because a board without a battery wakes in 2000 or 2021 and must still believe it.
"""

import ipaddress
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from collector.errors import ActionError
from collector.keys import write_private

A01, A02 = "a01", "a02"
AUTHORITIES = {A01: "Gantry site CA for gateways", A02: "Gantry site CA for the collector"}
SERVER_KEY, SERVER_CERTIFICATE = "tls/server.key", "tls/server.crt"
FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
LAST_DAY = datetime(2049, 12, 31, tzinfo=UTC)  # the last that old parsers read (RFC 5280, 4.1.2.5)
_USES = "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"


def init_ca(data_dir):
    """Make both authorities. Raises ActionError when there are some."""
    for side, common_name in AUTHORITIES.items():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        write_private(_key_path(data_dir, side), _pem_of_key(key))
        name = _name(common_name)
        builder = _builder(name, name, key.public_key(), key.public_key(), LAST_DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        _certificate_path(data_dir, side).write_bytes(_pem(builder.sign(key, hashes.SHA256())))


def _key_path(data_dir, side):
    return data_dir / f"ca/{side}.key"


def _certificate_path(data_dir, side):
    return data_dir / f"ca/{side}.crt"


def issue_server(data_dir, names, years, now_ms):
    """Make the collector's own key and certificate for host names and addresses, replacing earlier ones."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _issue(data_dir, A02, names[0], key.public_key(), _alternatives(names), years, now_ms)
    (data_dir / SERVER_KEY).unlink(missing_ok=True)
    write_private(data_dir / SERVER_KEY, _pem_of_key(key))
    (data_dir / SERVER_CERTIFICATE).write_bytes(_pem(certificate) + ca_pem(data_dir, A02))


def issue_gateway(data_dir, gateway_id, csr_pem, years, now_ms):
    """The PEM certificate of a gateway for its request. Its name is the id we gave it; its hosts are those it asks for.

    Raises ValueError when the request does not read, is not signed by its key or has no host name or address.
    """
    request = x509.load_pem_x509_csr(csr_pem.encode())
    if not request.is_signature_valid:
        raise ValueError("the request is not signed by its own key")
    try:
        hosts = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise ValueError("the request has no subject alternative name") from None
    hosts = [host for host in hosts if isinstance(host, (x509.DNSName, x509.IPAddress))]
    if not hosts:
        raise ValueError("the request names no host and no address")
    return _pem(_issue(data_dir, A01, gateway_id, request.public_key(), hosts, years, now_ms)).decode()


def fingerprint(certificate_pem):
    """The SHA-256 of a certificate, hexadecimal."""
    return x509.load_pem_x509_certificate(certificate_pem.encode()).fingerprint(hashes.SHA256()).hex()


def ca_pem(data_dir, side):
    """An authority's certificate as PEM bytes. Raises ActionError when there is none."""
    path = _certificate_path(data_dir, side)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ActionError(f"{path} is missing; run `python -m collector ca init`") from None


def ca_der(data_dir, side):
    """The same as DER bytes: what a terminal keeps of the authority of A01."""
    return x509.load_pem_x509_certificate(ca_pem(data_dir, side)).public_bytes(serialization.Encoding.DER)


def _issue(data_dir, side, common_name, public_key, hosts, years, now_ms):
    authority = x509.load_pem_x509_certificate(ca_pem(data_dir, side))
    signer = serialization.load_pem_private_key(_key_path(data_dir, side).read_bytes(), password=None)
    until = min(datetime.fromtimestamp(now_ms / 1000, UTC) + timedelta(days=365 * years), LAST_DAY)
    builder = _builder(_name(common_name), authority.subject, public_key, signer.public_key(), until)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage("digital_signature", "key_encipherment"), critical=True)
    uses = [ExtendedKeyUsageOID.SERVER_AUTH] + [ExtendedKeyUsageOID.CLIENT_AUTH] * (side == A01)  # a gateway is both
    builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _builder(subject, issuer, public_key, signer_key, until):
    authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(FIRST_DAY).not_valid_after(until)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    return builder.add_extension(authority_id, critical=False)


def _usage(*uses):
    allowed = {use: use in uses for use in _USES.split()}
    return x509.KeyUsage(**allowed, encipher_only=False, decipher_only=False)


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternatives(names):
    """Host names and addresses as a certificate says them."""
    out = []
    for name in names:
        try:
            out.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            out.append(x509.DNSName(name))
    return out


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_of_key(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
