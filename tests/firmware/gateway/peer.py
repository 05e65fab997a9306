"""A terminal for tests of the gateway: the protocol's own link on CPython, a real MQTT client, a list as outbox."""

import os
import queue
import ssl
import threading
import time

import paho.mqtt.client as paho

from firmware.protocol.errors import ProtocolError
from firmware.protocol.frame import Reading, pack_record, seq_of
from firmware.protocol.link import Acknowledged, Proved, Refused, TerminalLink
from firmware.protocol.seal import gateway_key, mqtt_password

BOOT_NO = 7
PATIENCE_S = 0.7
TURN_S = 0.02
FREE = 0.0


class Named(ssl.SSLContext):
    """A context that expects one name in a certificate, whatever address was dialled."""

    def wrap_socket(self, sock, **given):
        return super().wrap_socket(sock, **{**given, "server_hostname": self.server_name})


class Peer:
    """Use as a context. `add(**values)` makes a reading; it is sent until it is acknowledged, whatever happens."""

    def __init__(self, terminal_id, port, ca_file, gateway_id="gw-1", server_name="127.0.0.1", secret=None):
        self.terminal_id, self.secret = terminal_id, secret or terminal_id.encode().ljust(32, b"s")
        self.key = gateway_key(self.secret, gateway_id)
        self._port, self._gateway_id = port, gateway_id
        self._context = Named(ssl.PROTOCOL_TLS_CLIENT)
        self._context.load_verify_locations(ca_file)
        self._context.server_name = server_name
        self.pending, self.made, self.told_ms, self.proofs = {}, 0, None, 0
        self._lock, self._ended = threading.Lock(), threading.Event()

    def add(self, ts_ms=None, **values):
        """The sequence number of one more reading."""
        with self._lock:
            self.made += 1
            seq = seq_of(BOOT_NO, self.made)
            ts_ms = round(time.time() * 1000) if ts_ms is None else ts_ms
            self.pending[seq] = Reading(self.terminal_id, ts_ms, seq, values or {"temperature_c": 20.0}, 0, 1)
        return seq

    def __enter__(self):
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._ended.set()
        self._thread.join(10)

    def wait_until_empty(self, timeout_s=20):
        """Wait until the gateway has acknowledged everything."""
        deadline = time.monotonic() + timeout_s
        while self.pending:
            assert time.monotonic() < deadline, f"{len(self.pending)} readings are not acknowledged"
            time.sleep(TURN_S)

    def _live(self):
        while not self._ended.is_set():
            try:
                self._talk()
            except (OSError, TimeoutError):
                time.sleep(0.1)

    def _talk(self):
        """One connection, until it is lost."""
        inbox, gone = queue.Queue(), threading.Event()
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, self.terminal_id)
        client.username_pw_set(self.terminal_id, mqtt_password(self.key))
        client.tls_set_context(self._context)
        client.on_disconnect = lambda *_told: gone.set()
        client.on_message = lambda _c, _u, message: inbox.put(message.payload)
        client.on_subscribe = lambda *_told: inbox.put(b"")
        client.on_connect = lambda *_told: client.subscribe(f"a01/{self.terminal_id}/down", 1)
        client.connect("127.0.0.1", self._port)
        client.loop_start()
        try:
            inbox.get(timeout=3)
            self._converse(client, inbox, gone)
        except queue.Empty:
            raise TimeoutError from None
        finally:
            client.disconnect()
            client.loop_stop()

    def _converse(self, client, inbox, gone):
        link = TerminalLink(self.terminal_id, self.secret, [self._gateway_id], os.urandom)
        sent_s = None  # None: say hello; FREE: nothing is under way; else: waiting for an answer since then
        while not (self._ended.is_set() or gone.is_set()):
            now_s = time.monotonic()
            if sent_s is None or (sent_s != FREE and now_s - sent_s > PATIENCE_S):
                self._send(client, link.hello())
                sent_s = now_s
            try:
                link.receive(inbox.get(timeout=TURN_S))
                while (event := link.next_event()) is not None:
                    sent_s = self._on(client, link, event, now_s, sent_s)
            except (queue.Empty, ProtocolError):  # an answer to an earlier hello proves nothing: wait for the right one
                pass
            if link.proved and sent_s == FREE and self.pending:
                self._send_readings(client, link)
                sent_s = now_s

    def _on(self, client, link, event, now_s, sent_s):
        if isinstance(event, Proved):
            self.told_ms, self.proofs = event.ts_ms, self.proofs + 1
            self._send(client, link.prove())
            return FREE
        if isinstance(event, Acknowledged):
            with self._lock:
                for first, last in event.intervals:
                    for seq in [seq for seq in self.pending if first <= seq <= last]:
                        del self.pending[seq]
            return FREE
        return None if isinstance(event, Refused) and now_s - (sent_s or 0) > 0.2 else sent_s

    def _send_readings(self, client, link):
        with self._lock:
            records = [pack_record(reading) for reading in list(self.pending.values())[:20]]
        self._send(client, link.send_readings(BOOT_NO, records))

    def _send(self, client, message):
        client.publish(f"a01/{self.terminal_id}/up", message, 1)
