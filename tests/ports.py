"""Ports of loopback for what a test starts, and starts again."""

import itertools
import os
import secrets
import socket

# Above what a system keeps to itself and below what it lends to those who call out: a port lent for the seconds between
# two starts of a server would keep it from starting again.
LOW, HIGH, SHARES = 10_000, 32_768, 16
WIDTH = (HIGH - LOW) // SHARES


def _ports():
    """One after the other, so that none comes twice; processes that run tests side by side have a share each."""
    share = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % SHARES
    first = secrets.randbelow(WIDTH)
    return (LOW + share * WIDTH + (first + n) % WIDTH for n in itertools.count())


_next = _ports()


def free_port():
    """A port of loopback that nothing listens on."""
    for port in _next:
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
