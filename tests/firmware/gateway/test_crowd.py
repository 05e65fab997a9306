"""One address before a mosquitto takes no more connections than the installed rules of the kernel allow."""

import json
import os
import subprocess
import sys

import pytest

from tests.firmware.gateway.home import ROOT
from tests.needs import missing, require_program


@pytest.mark.parametrize("crowd,what", [("held", "held4"), ("pace", "pace4")])
def test_who_opens_too_many_connections_is_turned_away_and_its_neighbour_and_the_gateway_are_not(tmp_path, crowd, what):
    require_program("nft", "nftables"), require_program("mosquitto", "mosquitto")
    if os.geteuid() != 0:
        missing("the right to make a network of its own")
    words = [require_program("unshare", "util-linux"), "--net", sys.executable, "-m", "tests.firmware.gateway.crowd"]
    done = subprocess.run([*words, str(tmp_path), crowd], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert 0 <= found["entered"] - found["allowed"] <= found["more"] + 1, f"{what} is the limit"
    assert found["neighbour"] and found["own"] and found["again"] and found["counted"] > 0
