"""A port that another program holds, for every listener of a gateway: one line that names it and its setting."""

import re
import socket

import pytest

from tests.fakes.mosquitto import free_port
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import RunningGateway

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


@pytest.mark.parametrize("name", ["mqtt.port", "http.port", "dicom.port", "dicom.plain_port", "page.port"])
def test_a_port_that_is_taken_is_one_line_and_once_it_is_free_the_gateway_starts(tmp_path, name):
    (tmp_path / "sources.toml").write_text(SOURCES)
    (tmp_path / "codes.toml").write_text("")
    loopback = {f"{road}__host": "127.0.0.1" for road in ("http", "dicom", "page")}
    with socket.create_server(("127.0.0.1", 0)) as other, Platform(tmp_path / "platform") as platform:
        port = other.getsockname()[1]
        ports = {one: free_port() for one in ("http__port", "dicom__port", "dicom__plain_port", "page__port")}
        more = {**loopback, **ports, name.replace(".", "__"): port, "sources__file": str(tmp_path / "sources.toml")}
        gateway = RunningGateway(tmp_path, platform, http__enabled=True, page__enabled=True, **more)
        status, said = gateway.say("run")
        *before, last = said.splitlines()
        assert status == 1 and last.startswith("gateway: ") and str(port) in last and name in last, said
        assert not [line for line in before if not re.match(r"\d{4}-\d\d-\d\d .*(INFO|WARNING)", line)], said
        other.close()
        with gateway:
            socket.create_connection(("127.0.0.1", port), 10).close()
