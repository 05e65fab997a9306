"""A terminal gone bad, in a process of its own: sends as fast as it can over one road, again when it is cut off.

`python -m tests.firmware.gateway.flooder mqtt|http PORT CA PASSWORD` or `... serial FD`, until it is killed.
"""

import base64
import contextlib
import os
import socket
import ssl
import subprocess
import sys
import time

from firmware.gateway.south.http import PATH
from firmware.protocol import frame
from tests.needs import require_program

NAME, ADDRESS = "bad", "127.0.0.2"
COSTLY = frame.pack(frame.SEALED, bytes(36))  # looks like something to open
LINE = b"no frame at all, but long enough to be read " * 3


def mqtt(port, ca_file, password):
    """mosquitto's own client with a line per message."""
    command = [require_program("mosquitto_pub", "mosquitto-clients"), "-h", "127.0.0.1", "-p", port]
    command += ["--cafile", ca_file, "-u", NAME, "-i", NAME, "-P", password, "-t", f"a01/{NAME}/up", "-l", "-q", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        while True:
            running.stdin.write((LINE + b"\n") * 200)


def http(port, ca_file, password):
    """Requests one after the other, each full of frames that cost something."""
    context = ssl.create_default_context(cafile=ca_file)
    body = COSTLY * (8000 // len(COSTLY))
    said = base64.b64encode(f"{NAME}:{password}".encode())
    head = b"POST " + PATH + b" HTTP/1.1\r\nHost: gw\r\nAuthorization: Basic " + said
    head += b"\r\nContent-Length: %d\r\n\r\n" % len(body)
    plain = socket.create_connection(("127.0.0.1", int(port)), 10, (ADDRESS, 0))
    with context.wrap_socket(plain, server_hostname="127.0.0.1") as road:
        while True:
            road.sendall(head + body)
            if not road.recv(9000):
                return


def serial(cable):
    """Marked lines, each under another name, and empty lines between them."""
    hellos = [frame.pack(frame.HELLO, frame.put_text(f"ct-{n:03}") + bytes(frame.NONCE)) for n in range(300)]
    lines = b"".join(b"~a01 " + base64.b64encode(hello) + b"\n\n\n\n" for hello in hellos)
    while True:
        os.write(int(cable), lines)


if __name__ == "__main__":
    os.nice(5)  # its own machine would not be the gateway's
    road, *where = sys.argv[1:]
    while True:
        with contextlib.suppress(OSError):
            {"mqtt": mqtt, "http": http, "serial": serial}[road](*where)
        time.sleep(0.02)
