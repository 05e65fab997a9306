"""What a running gateway says of itself to whoever may read its folder: one JSON line on a socket beside the outbox."""

import asyncio
import json
import os
import socket
from contextlib import contextmanager
from pathlib import Path

from firmware.gateway.errors import GatewayError

FILE = "live.sock"
ANSWER_S = 5
ANSWER_MOST = 8 * 1024 * 1024


@contextmanager
def _at(state):
    """The socket's address, through the folder's descriptor: a socket's path must be short, a folder's need not."""
    folder = os.open(state, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{FILE}"
    finally:
        os.close(folder)


async def serve(state, seen):
    """Answer everybody with what `seen()` gives, for ever. Raises GatewayError."""

    async def answer(_reader, writer):
        writer.write(json.dumps(seen()).encode() + b"\n")
        writer.close()

    (Path(state) / FILE).unlink(missing_ok=True)
    try:
        with _at(state) as address:
            server = await asyncio.start_unix_server(answer, address)
    except OSError as error:
        raise GatewayError(f"{Path(state) / FILE} cannot be made: {error.strerror}; free the disk") from error
    async with server:
        await server.serve_forever()


def ask(state):
    """What a running gateway says, or None when none runs."""
    said = b""
    try:
        with _at(state) as address, socket.socket(socket.AF_UNIX) as road:
            road.settimeout(ANSWER_S)
            road.connect(address)
            while (part := road.recv(65_536)) and len(said) < ANSWER_MOST:
                said += part
        return json.loads(said)
    except (OSError, ValueError):  # no gateway, or one that ended just now
        return None
