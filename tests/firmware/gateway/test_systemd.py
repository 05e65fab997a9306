"""The installer and its units under a real systemd: installed, started, killed, hung, taken away."""

import json

import pytest

from tests.fakes.systemd_room import run_inside
from tests.needs import require_program

CLOSED = {"NoNewPrivs": "1", "Seccomp": "2", "CapEff": "0" * 16, "CapBnd": "0" * 16}


@pytest.mark.timeout(400)
def test_what_is_installed_runs_without_rights_comes_again_when_killed_or_hung_and_leaves_nothing(tmp_path):
    for program, package in (("mosquitto", "mosquitto"), ("nft", "nftables")):
        require_program(program, package)
    said = run_inside(tmp_path, "tests.firmware.gateway.installed", 300)
    assert (tmp_path / "found.json").exists(), said[-6000:]
    found = json.loads((tmp_path / "found.json").read_text())
    for unit, rights in found["rights"].items():
        assert rights.pop("Uid") != "0" and rights == CLOSED, unit
    assert found["rules"] and found["killed"] == {"gantry-gateway": 1, "mosquitto": 1} and found["hung"] == 2
    assert found["numbers"] == [1, 2, 3, 4], "each reading once"
    assert "ct-01 here" in found["status"]
    assert found["left"] == [] and "gantry" not in found["table"]
