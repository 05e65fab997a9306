"""Ports of loopback for what a test starts, and starts again."""

import secrets
import socket

# Above what a system keeps to itself and below what it lends to those who call out: a port lent for the seconds between
# two starts of a server would keep it from starting again.
LOW, HIGH = 10_000, 32_768


def free_port():
    """A port of loopback that nothing listens on."""
    while True:
        port = LOW + secrets.randbelow(HIGH - LOW)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
