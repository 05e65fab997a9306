"""A port that another program holds, for every listener of a gateway: one line that names it and its setting."""

import re
import socket

import pytest

from tests.fakes.platform import Platform
from tests.firmware.gateway.home import RunningGateway
from tests.ports import free_port

SOURCES = """
[dicom.ct1-mpps]
address = "127.0.0.1"
ae_title = "CT1"
zone = "Asia/Shanghai"
codes = "codes.toml"

[dicom.ct2-mpps]
address = "127.0.0.1"
ae_title = "CT2"
zone = "Asia/Shanghai"
codes = "codes.toml"
plain = true
title = "CT 2"
interface = "lo"
reason = "the maker offers nothing else"
"""


NAMES = ("mqtt.port", "http.port", "dicom.port", "dicom.plain_port", "page.port")


@pytest.fixture
def make(tmp_path):
    """Makes a gateway that listens everywhere it can; `ports` by name over free ones."""
    (tmp_path / "sources.toml").write_text(SOURCES)
    (tmp_path / "codes.toml").write_text("")
    more = {f"{road}__host": "127.0.0.1" for road in ("http", "dicom", "page")}
    more |= {"http__enabled": True, "page__enabled": True, "sources__file": str(tmp_path / "sources.toml")}
    with Platform(tmp_path / "platform") as platform:

        def gateway(**ports):
            own = {name.replace(".", "__"): ports.get(name) or free_port() for name in NAMES}
            return RunningGateway(tmp_path, platform, **more, **own)

        yield gateway


@pytest.mark.parametrize("name", NAMES)
def test_a_port_that_is_taken_is_one_line_and_ends_the_start(make, name):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, said = make(**{name: port}).say("run")
    *before, last = said.splitlines()
    assert status == 1 and last.startswith("gateway: ") and str(port) in last and name in last, said
    assert not [line for line in before if not re.match(r"\d{4}-\d\d-\d\d .*(INFO|WARNING)", line)], said


def test_with_every_port_free_it_listens_on_all_of_them(make):
    with make() as gateway:
        for name in NAMES:
            socket.create_connection(("127.0.0.1", gateway.settings[name]), 10).close()
