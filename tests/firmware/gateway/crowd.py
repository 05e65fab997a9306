"""A crowd of connections of one address before a real mosquitto, in a network of its own.

`unshare --net python -m tests.firmware.gateway.crowd FOLDER held|pace` says as JSON how many came in.
"""

import json
import re
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.mosquitto import SiteMosquitto
from tests.firmware.gateway.test_install import INSTALL

PORT, GATEWAY, BAD, GOOD, OWN = 8883, "10.9.0.1", "10.9.0.2", "10.9.0.3", "127.0.0.1"
HELD, WITHIN_S = 20, 0.4  # fewer than as installed, so that the pace is not what stops them


def rules(crowd):
    """(the installed rules, with a smaller count where that is looked at; how many connections they allow)."""
    text = (INSTALL / "mosquitto.nft").read_text()
    if crowd == "pace":
        return text, int(re.search(r"burst (\d+) packets", text)[1])
    assert text.count("ct count over 256") == 2
    return text.replace("ct count over 256", f"ct count over {HELD}"), HELD


def enter(source, target=GATEWAY):
    """A connection, or None when it is refused or not answered."""
    road = socket.socket()
    road.settimeout(WITHIN_S)
    road.bind((source, 0))
    try:
        road.connect((target, PORT))
    except OSError:
        road.close()
        return None
    return road


def speaks(road, context):
    """Whether mosquitto does TLS on it."""
    if road is None:
        return False
    road.settimeout(10)
    with context.wrap_socket(road, server_hostname="gw.test") as secured:
        return secured.version() in ("TLSv1.2", "TLSv1.3")


def main(folder, crowd):
    """Set it up, crowd it, say what came of it."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (GATEWAY, BAD, GOOD):
        subprocess.run(["ip", "address", "add", f"{address}/24", "dev", "lo"], check=True)
    text, allowed = rules(crowd)
    (folder / "rules.nft").write_text(text)
    for _ in range(2):  # loaded twice it is the same
        subprocess.run(["nft", "-f", folder / "rules.nft"], check=True)
    ca = make_ca("site")
    site = SiteMosquitto(folder / "broker", make_leaf(ca, ["gw.test"]), PORT)
    config = site.folder / "mosquitto.conf"
    config.write_text(config.read_text().replace(f"listener {PORT} {OWN}", f"listener {PORT}"))
    context = ssl.create_default_context(cadata=ca.pem.decode())
    site.start()
    try:
        deadline = time.monotonic() + 20
        while enter(OWN, OWN) is None:
            assert time.monotonic() < deadline, "mosquitto does not listen"
        began_s = time.monotonic()
        roads = [road for road in (enter(BAD) for _ in range(allowed)) if road]
        while len(roads) < 3 * allowed and (road := enter(BAD)):  # what flows in while a slow machine connects
            roads.append(road)
        lasted_s = time.monotonic() - began_s
        found = {"entered": len(roads), "allowed": allowed, "more": 0 if crowd == "held" else 20 * lasted_s}
        found["neighbour"], found["own"] = speaks(enter(GOOD), context), speaks(enter(OWN, OWN), context)
        said = subprocess.run(["nft", "list", "table", "inet", "gantry"], check=True, capture_output=True, text=True)
        found["counted"] = sum(map(int, re.findall(r"counter packets (\d+)", said.stdout)))
        for road in roads:
            road.close()
        while not (road := enter(BAD)):
            assert time.monotonic() < deadline + 60, "who was turned away never comes in again"
        found["again"] = speaks(road, context)
    finally:
        site.kill()
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
