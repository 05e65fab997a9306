"""The other side of messages: a real mail server on loopback, and a webhook that answers, hangs or fails as told."""

import email
import json
import threading
import time
from contextlib import contextmanager
from email import policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

from tests.servers import ports


class Mailbox:
    """What a mail server has taken: [(instant, subject, text)]."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((time.time(), mail["subject"], mail.get_body(("plain", "html")).get_content()))
        return "250 kept"


@contextmanager
def mail_server(port=None):
    """(Mailbox, port) of a server that runs."""
    box, port = Mailbox(), port or ports.free()[0]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


class Hook:
    """A webhook: what it was told, and how it answers."""

    def __init__(self):
        self.told, self.status, self.hang_s = [], 204, 0


@contextmanager
def hook_server():
    """(Hook, port) of a server that runs."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(hook.hang_s)
            hook.told.append((time.time(), self.headers["X-Gantry-Signature"], body, json.loads(body)))
            self.send_response(hook.status)
            self.end_headers()

        def do_GET(self):
            hook.told.append((time.time(), None, b"", {}))
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hook, server.server_address[1]
    finally:
        server.shutdown()
