"""Enrolment at a look-alike collector."""

import asyncio
import stat

import pytest
from cryptography import x509

from firmware.gateway import enrolment
from firmware.gateway.errors import GatewayError
from firmware.gateway.identity import read_identity
from tests.fakes.certificates import FIRST_DAY, make_ca
from tests.fakes.platform import CODE, CREDENTIAL, Platform
from tests.firmware.gateway.home import settings_of


@pytest.fixture
def platform(tmp_path):
    with Platform(tmp_path / "platform") as platform:
        yield platform


def enrol(settings, code=CODE, names=("127.0.0.1", "gw-1.example")):
    return asyncio.run(enrolment.enrol(settings, code, list(names)))


def everything(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_code_becomes_an_identity_that_is_the_gateways_alone(tmp_path, platform):
    settings = settings_of(tmp_path / "state", platform)
    assert enrol(settings) == "gw-1"
    identity = read_identity(settings["state"])
    assert (identity.gateway_id, identity.credential) == ("gw-1", CREDENTIAL)
    certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["gw-1.example"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert certificate.not_valid_before_utc == FIRST_DAY
    assert certificate.public_key().key_size == 2048
    for path in (tmp_path / "state").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_code_used_before_changes_nothing(tmp_path, platform):
    settings = settings_of(tmp_path / "state", platform)
    enrol(settings)
    before = everything(tmp_path / "state")
    with pytest.raises(GatewayError, match="enrol_code_wrong"):
        enrol(settings)
    assert everything(tmp_path / "state") == before


def test_a_new_code_enrols_again(tmp_path, platform):
    settings = settings_of(tmp_path / "state", platform)
    enrol(settings)
    before = everything(tmp_path / "state")
    platform.codes.add("another")
    enrol(settings, "another")
    assert everything(tmp_path / "state")["gateway.pem"] != before["gateway.pem"]


def test_a_collector_that_is_not_there_or_not_ours_changes_nothing(tmp_path, platform):
    settings = settings_of(tmp_path / "state", platform)
    foreign = tmp_path / "foreign.pem"
    foreign.write_bytes(make_ca("foreign").pem)
    with pytest.raises(GatewayError, match="no answer.*CERTIFICATE_VERIFY_FAILED"):
        enrol({**settings, "collector.ca": str(foreign)})
    with pytest.raises(GatewayError, match="no certificate of a CA"):
        enrol({**settings, "collector.ca": str(tmp_path / "missing.pem")})
    with pytest.raises(GatewayError, match="https://"):
        enrol({**settings, "collector.url": platform.url.replace("https", "http")})
    platform.stop()
    with pytest.raises(GatewayError, match="no answer"):
        enrol(settings)
    assert not (tmp_path / "state").exists() and platform.codes == {CODE}


def test_a_name_that_can_be_none_is_refused(tmp_path, platform):
    settings = settings_of(tmp_path / "state", platform)
    for names in ((), ("gerät",)):
        with pytest.raises(GatewayError, match="--name"):
            enrol(settings, names=names)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"gateway_id": "gw-1"}', "\x00"])
def test_a_damaged_identity_says_to_enrol_again(tmp_path, text):
    (tmp_path / "identity.json").write_text(text)
    with pytest.raises(GatewayError, match="enrol again"):
        read_identity(tmp_path)
