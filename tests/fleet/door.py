"""One kept connection to a collector: HTTP/1.1 over TLS, one request after the other, as light as a load has to be."""

import asyncio

PATIENCE_S = 30
KEEP_S = 4  # an idle connection is opened anew, as a gateway does, before a server closes it in the moment we ask


class DoorClosed(Exception):
    """No answer: the connection broke, or took longer than PATIENCE_S. What was asked may have been done."""


class Door:
    """A connection, opened when first asked and anew after it broke. `headers` go with every request."""

    def __init__(self, host, port, trust, headers):
        self._address, self._trust = (host, port), trust
        self._head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": host, **headers}.items())
        self._reader = self._writer = None
        self._used_s = 0.0

    async def ask(self, method, path, body=b""):
        """(status, body) of the answer. Raises DoorClosed."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                now_s = asyncio.get_running_loop().time()
                if now_s - self._used_s > KEEP_S:
                    self.close()
                if self._writer is None:
                    self._reader, self._writer = await asyncio.open_connection(*self._address, ssl=self._trust)
                head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
                self._writer.write(head.encode() + body)
                answer = await self._answer()
                self._used_s = asyncio.get_running_loop().time()
                return answer
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            raise DoorClosed(f"{type(error).__name__} {error}") from error

    async def _answer(self):
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        answer = int(head.split(" ", 2)[1]), await self._reader.readexactly(int(lines["content-length"]))
        if lines.get("connection") == "close":
            self.close()
        return answer

    def close(self):
        """Break the connection."""
        if self._writer is not None:
            self._writer.close()
            self._reader = self._writer = None
