"""A broker that misbehaves on purpose: TLS and MQTT as far as its script goes, then a fault."""

import socket
import ssl
import threading

CONNACK, SUBACK = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01"


class FaultyBroker:
    """Takes one connection, answers what is sent piece by piece with `replies`, then stays silent. Use as a context."""

    def __init__(self, folder, leaf, replies):
        folder.mkdir(exist_ok=True)
        (folder / "server.pem").write_bytes(leaf.pem)
        (folder / "server.key").write_bytes(leaf.key_pem)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port, self._replies = self._listener.getsockname()[1], replies
        self._over = threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._over.set()
        self._thread.join(10)
        self._listener.close()

    def _serve(self):
        plain, _address = self._listener.accept()
        with self._tls.wrap_socket(plain, server_side=True) as road:
            for kind, reply in self._replies:
                while self._packet(road) & 0xF0 != kind:
                    pass
                road.sendall(reply)
            self._over.wait(20)

    def _packet(self, road):
        """Take one packet; its first byte. What the terminal sends here is short of 16 KiB."""
        first, size, shift = road.recv(1)[0], 0, 0
        while True:
            byte = road.recv(1)[0]
            size, shift = size | (byte & 0x7F) << shift, shift + 7
            if not byte & 0x80:
                break
        while size:
            size -= len(road.recv(size))
        return first
