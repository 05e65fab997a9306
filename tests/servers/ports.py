"""Ports for servers that cannot choose one by themselves."""

import socket
from contextlib import ExitStack


def free(count=1):
    """So many ports of loopback that nobody listens on now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
