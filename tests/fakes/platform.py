"""A look-alike of the collector's door A02 for tests of gateways: real HTTPS on loopback, the same shapes and codes.

What arrives stands in `readings` (each once, `duplicates` counts the rest), `records`, `gaps`. It can be stopped and
started on its port, told to refuse, and told to spoil its answers. `accepted` counts connections.
"""

import gzip
import json
import socket
import ssl
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from collector import compact, sift
from tests.fakes.certificates import FIRST_DAY, YEARS_20, make_ca, make_leaf

CREDENTIAL = "credential-of-the-test-gateway"
CODE = "code-that-serves-once"


class Platform:
    """Use as a context. `terminals`: {terminal id: key}. `refuse(body)` may return (status, code) for an upload."""

    def __init__(self, folder, gateway_id="gw-1", server_ca=None):
        self.folder, self.gateway_id = folder, gateway_id
        folder.mkdir(exist_ok=True)
        self.ca = make_ca("test site")
        leaf = make_leaf(server_ca or self.ca, ["127.0.0.1"])
        (folder / "server.pem").write_bytes(leaf.key_pem + leaf.pem)
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(self.ca.pem)
        self.terminals, self.codes, self.commands, self.lists = {}, {CODE}, [], 0
        self.readings, self.records, self.gaps, self.uploads, self.duplicates = [], [], [], 0, 0
        self.refuse, self.quarantine, self.revoked = (lambda body: None), (lambda row: None), False
        self.spoil = lambda path, answer: None  # bytes to send instead of an answer
        self.reads_compact, self.kinds = False, []  # as collectors before the compact body; the Content-Types that came
        self.port, self._server, self.accepted = 0, None, 0
        self.under_way, self.leaves = 0, False  # uploads that are not answered yet; whether no more are taken
        self.changed = threading.Condition()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.stop()

    @property
    def url(self):
        """Where it is."""
        return f"https://127.0.0.1:{self.port}"

    def start(self):
        """Listen, on the same port as before."""
        self.leaves = False
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem")
        self._server = _Server(("127.0.0.1", self.port), _Door)
        self._server.platform, self._server.connections = self, set()
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        """Gone, with every connection."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            for connection in list(self._server.connections):
                with suppress(OSError):  # it may be gone already
                    connection.shutdown(socket.SHUT_RDWR)
            self._server = None

    def stop_between(self):
        """The same when no upload is under way: what was taken was answered, and nobody sends it again."""
        with self.changed:
            assert self.changed.wait_for(lambda: not self.under_way, 10)
            self.leaves = True
        self.stop()

    def numbers(self, terminal_id):
        """Every number that arrived of a terminal, in order."""
        return sorted(reading["seq"] for reading in self.readings if reading["terminal_id"] == terminal_id)

    def wait_until(self, holds, timeout_s=15):
        """Wait until `holds()` is true of what arrived."""
        with self.changed:
            assert self.changed.wait_for(holds, timeout_s), (
                f"not within {timeout_s} s: {self.uploads} uploads, {len(self.readings)} readings"
            )

    def enrol(self, body):
        """(status, answer) of POST enrol."""
        if body["code"] not in self.codes:
            return 403, {"code": "enrol_code_wrong", "error": "the enrolment code is unknown, used or too old"}
        self.codes.discard(body["code"])
        return 201, {
            "gateway_id": self.gateway_id,
            "credential": CREDENTIAL,
            "certificate": _sign(self.ca, body["csr"]),
            "ca": self.ca.pem.decode(),
        }

    def list_terminals(self):
        """(status, answer) of GET terminals."""
        rows = [{"terminal_id": terminal_id, "key": key.hex()} for terminal_id, key in self.terminals.items()]
        return 200, {"server_ms": round(time.time() * 1000), "terminals": rows}

    def list_commands(self):
        """(status, answer) of GET commands."""
        with self.changed:
            self.lists += 1
            self.changed.notify_all()
        return 200, {"server_ms": round(time.time() * 1000), "commands": self.commands}

    def take(self, body):
        """(status, answer) of POST batches."""
        with self.changed:
            self.uploads += 1
            self.changed.notify_all()
            refusal = self.refuse(body)
            if refusal:
                status, code = refusal
                return status, {"code": code, "error": "told to by the test"} if code else None
            rows = [row for block in body["readings"] for row in _rows(block)]
            refused = [row for row in rows if self.quarantine(row)]
            known = {(row["terminal_id"], row["seq"]) for row in self.readings}
            good = [row for row in rows if row not in refused]
            new = [row for row in good if (row["terminal_id"], row["seq"]) not in known]
            self.readings += new
            self.duplicates += len(good) - len(new)
            self.records += body["records"]
            self.gaps += body["gaps"]
            told = [
                {"terminal_id": row["terminal_id"], "seq": row["seq"], "code": self.quarantine(row), "error": "test"}
                for row in refused
            ]
            counts = {"stored": len(new), "duplicate": len(good) - len(new)}
            return 200, {"server_ms": round(time.time() * 1000), **counts, "refused": told}


def _rows(block):
    for at, seq in enumerate(block["seq"]):
        values = {name: steps[at] for name, steps in block["columns"].items()}
        head = {name: block[name][at] for name in ("ts_ms", "flags")}
        head["from_seq"] = block.get("from_seq", block["seq"])[at]
        yield {"terminal_id": block["terminal_id"], "seq": seq, "values": values, **head}


def unfolded(raw):
    """A compact body as the same body in JSON, as the collector reads it."""
    batch = compact.decode(raw)
    blocks = [vars_of(one) for arrival in batch.readings for one in sift.one_by_one(arrival)]
    return {"readings": blocks, "records": batch.records, "gaps": batch.gaps}


def vars_of(columns):
    return {name: getattr(columns, name) for name in columns.__struct_fields__}


def _sign(ca, csr_pem):
    csr = x509.load_pem_x509_csr(csr_pem.encode())
    builder = (
        x509.CertificateBuilder()
        .subject_name(csr.subject)
        .issuer_name(ca.certificate.subject)
        .public_key(csr.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FIRST_DAY)
        .not_valid_after(FIRST_DAY + YEARS_20)
        .add_extension(csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value, critical=False)
    )
    return builder.sign(ca.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


class _Server(ThreadingHTTPServer):
    daemon_threads, allow_reuse_address = True, True

    def handle_error(self, request, client_address):
        """Nothing: a connection that ends is what tests are about."""


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.connections.add(self.connection)
        self.server.platform.accepted += 1

    def finish(self):
        self.server.connections.discard(self.connection)
        super().finish()

    def do_GET(self):
        platform = self.server.platform
        routes = {"/a02/v1/terminals": platform.list_terminals, "/a02/v1/commands": platform.list_commands}
        routes["/a02/v1/offers"] = lambda: (200, {"server_ms": 1, "offers": []})
        self._answer(*(self._stranger() or routes[self.path]()))

    def do_POST(self):
        raw = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
        platform, kind = self.server.platform, self.headers["Content-Type"]
        platform.kinds.append(kind)
        is_compact = kind == compact.CONTENT_TYPE
        if is_compact and not platform.reads_compact:
            return self._answer(415, {"code": "body_encoding", "error": "neither JSON nor gzipped JSON"})
        body = unfolded(raw) if is_compact else json.loads(raw)
        if self.path == "/a02/v1/enrol":
            self._answer(*platform.enrol(body))
        else:
            self._take(platform, body)
        with platform.changed:
            platform.changed.notify_all()

    def _take(self, platform, body):
        with platform.changed:
            if platform.leaves:
                return self._answer(503, None)
            platform.under_way += 1
        try:
            self._answer(*(self._stranger() or platform.take(body)))
        finally:
            with platform.changed:
                platform.under_way -= 1
        return None

    def _stranger(self):
        if self.server.platform.revoked:
            return 401, {"code": "credential_revoked", "error": "the gateway was revoked; ask the administrator"}
        if self.headers.get("Authorization") != f"Bearer {CREDENTIAL}":
            return 401, {"code": "credential_wrong", "error": "the credential is not known; enrol the gateway again"}
        return None

    def _answer(self, status, answer):
        said = b"" if answer is None else json.dumps(answer).encode()
        spoiled = self.server.platform.spoil(self.path, said)
        if spoiled is not None:
            with suppress(OSError):  # who asked may have had enough
                self.wfile.write(spoiled)
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        if self.server.platform.reads_compact and self.path == "/a02/v1/batches":
            self.send_header("Accept-Post", f"application/json, {compact.CONTENT_TYPE}")
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_text):
        """Nothing."""
