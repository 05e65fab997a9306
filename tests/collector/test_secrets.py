"""What must stay secret is in no file of the database, in no log, and opens only with its key file."""

import stat

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from collector import gateways
from collector.errors import ActionError
from collector.gateways import certificates
from collector.gateways.secret import unwrap, wrap
from collector.keys import key_from, write_private
from tests.collector.register import everything
from tests.collector.site import PASSWORD, SECRETS, block, csr, now_ms


def test_no_secret_stands_in_the_database(site):
    site.upload(block())
    content = everything(site.data_dir)
    assert b"ct-01" in content
    for secret in (*SECRETS.values(), PASSWORD.encode(), *(text.encode() for text in site.credentials.values())):
        assert secret not in content and secret.hex().encode() not in content


def test_a_secret_opens_for_its_own_terminal_and_key_file_only(tmp_path):
    wrapped = wrap(tmp_path, "ct-01", bytes(32))
    assert unwrap(tmp_path, "ct-01", wrapped) == bytes(32)
    with pytest.raises(ActionError, match="mri-01"):
        unwrap(tmp_path, "mri-01", wrapped)
    (tmp_path / "keys/secrets.key").unlink()
    with pytest.raises(ActionError, match="restore that key file"):
        unwrap(tmp_path, "ct-01", wrapped)


def test_a_key_file_is_its_owners_alone_and_never_overwritten(tmp_path):
    path = tmp_path / "keys/some.key"
    assert key_from(path) == key_from(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ActionError, match="not overwritten"):
        write_private(path, b"")
    path.write_text("short")
    with pytest.raises(ActionError, match="restore it"):
        key_from(path)


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_a_secret_of_another_length_is_refused(site, secret):
    with pytest.raises(ActionError, match="give 32"):
        gateways.add_terminal(site.data_dir, "new", secret, now_ms())


@pytest.mark.parametrize("terminal_id", ["", "a/b", "+", "#", "a b", "x" * 65, "-a"])
def test_an_id_that_could_mean_more_in_a_topic_is_refused(site, terminal_id):
    with pytest.raises(ActionError, match="cannot be a terminal's id"):
        gateways.add_terminal(site.data_dir, terminal_id, bytes(32), now_ms())


def test_certificates_are_valid_from_the_first_day_and_signed_by_the_site(site):
    authority = x509.load_der_x509_certificate(certificates.ca_der(site.data_dir, certificates.A01))
    pem = certificates.issue_gateway(site.data_dir, "gw-9", csr(["gw.local"]), 5, now_ms())
    certificate = x509.load_pem_x509_certificate(pem.encode())
    certificate.verify_directly_issued_by(authority)
    assert authority.not_valid_before_utc == certificate.not_valid_before_utc == certificates.FIRST_DAY
    assert certificate.subject.rfc4514_string() == "CN=gw-9"
    hosts = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert hosts.get_values_for_type(x509.DNSName) == ["gw.local"]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_gateways_certificate_for_the_collectors_name_does_not_pose_as_the_collector(site):
    certificates.issue_server(site.data_dir, ["collector.local"], 5, now_ms())
    pem = certificates.issue_gateway(site.data_dir, "gw-9", csr(["collector.local"]), 5, now_ms())
    trusted = x509.load_pem_x509_certificate(certificates.ca_pem(site.data_dir, certificates.A02))
    with pytest.raises((InvalidSignature, ValueError)):
        x509.load_pem_x509_certificate(pem.encode()).verify_directly_issued_by(trusted)
