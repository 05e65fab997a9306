"""What shows only after long: packet numbers that wrap on one connection, pauses that keep terminals apart."""

import json
import socket
import ssl
import threading
from collections import Counter

from firmware.terminal.uplink import _by_chance
from tests.fakes import micropython
from tests.fakes.faulty_broker import CONNACK, SUBACK
from tests.firmware.terminal.conftest import SERVER_NAME
from tests.firmware.terminal.test_mqtt import BEGIN

MESSAGES = 70_000
SCRIPT = f"""
road._sockets._breathe = lambda: None  # so many breaths fill the memory
road.open()
for _ in range({MESSAGES}):
    road.send(b"x")
print(road._client.pid)
"""


class Counting:
    """A broker that acknowledges at once and remembers each packet number. Use as a context."""

    def __init__(self, folder, leaf):
        (folder / "gateway.pem").write_bytes(leaf.key_pem + leaf.pem)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(folder / "gateway.pem")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.numbers = self._listener.getsockname()[1], Counter()

    def __enter__(self):
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._thread.join(10)
        self._listener.close()

    def _serve(self):
        plain, _address = self._listener.accept()
        with self._tls.wrap_socket(plain, server_side=True) as road:
            road.recv(1024)
            road.sendall(CONNACK)
            road.recv(1024)
            road.sendall(SUBACK)
            while packet := road.recv(1024):  # one at a time: the terminal waits for each acknowledgement
                at = 4 + packet[3]
                assert packet[0] == 0x32 and len(packet) == 2 + packet[1], packet
                self.numbers[packet[at : at + 2]] += 1
                road.sendall(b"\x40\x02" + packet[at : at + 2])


def test_70000_messages_go_over_one_connection_and_no_packet_is_number_0(site, tmp_path):
    (tmp_path / "ca.der").write_bytes(site.ca.der)
    with Counting(tmp_path, site.leaf) as broker:
        words = {"port": broker.port, "server_name": SERVER_NAME, "secret": site.secret.hex()}
        said = micropython.run(BEGIN.format(settings=json.dumps({"io_timeout_s": 5}), **words) + SCRIPT, tmp_path)
    assert sum(broker.numbers.values()) == MESSAGES and len(broker.numbers) == 65535
    assert broker.numbers[b"\x00\x00"] == 0 and 0 < int(said) <= 65535


def test_pauses_are_spread_evenly_over_the_upper_half():
    pauses = [_by_chance(60) for _ in range(20_000)]
    assert min(pauses) >= 30_000 and max(pauses) <= 60_000
    tenths = Counter(min((pause - 30_000) // 3000, 9) for pause in pauses)
    assert len(tenths) == 10 and all(1600 < count < 2400 for count in tenths.values()), tenths
