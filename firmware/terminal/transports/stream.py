"""A TLS connection in which every wait ends, whatever umqtt.simple asks of its socket."""

import errno
import select
import socket
import ssl
import time

IN_PROGRESS = (errno.EINPROGRESS, errno.EAGAIN)
WAIT_MS = 5


class Stream:
    """Looks like a socket to umqtt.simple. `breathe()` is called in every wait: the board goes on living meanwhile.

    The socket below never blocks: on several boards `setblocking(True)`, which umqtt.simple calls after each first
    byte, erases a time-out, and a lost answer would hang them. What is written leaves in one piece when something is
    read or asked for: umqtt.simple writes a packet in five, and each would wait for the other side to confirm it.
    """

    def __init__(self, timeout_ms, breathe):
        self._timeout_ms, self._breathe = timeout_ms, breathe
        self._plain = self._tls = socket.socket()
        self._poller = select.poll()
        self._written = b""

    def connect(self, address):
        """Open the connection. Raises OSError, ETIMEDOUT too."""
        self._plain.setblocking(False)
        self._poller.register(self._plain, select.POLLOUT)
        try:
            self._plain.connect(address)
        except OSError as error:
            if error.errno not in IN_PROGRESS:
                raise
        deadline = self._deadline()
        while not self._poller.poll(WAIT_MS):
            self._wait(deadline)
        self._poller.unregister(self._plain)

    def start_tls(self, ca, server_name):
        """Put TLS on it. The certificate is always verified: against the CA in that file, this name, and its dates."""
        with open(ca, "rb") as file:
            authority = file.read()
        self._tls = ssl.wrap_socket(
            self._plain, cert_reqs=ssl.CERT_REQUIRED, cadata=authority, server_hostname=server_name, do_handshake=False
        )
        self._poller.register(self._tls, select.POLLIN)

    def readable(self):
        """Whether a byte, or the end, is there. Raises as `flush`."""
        self.flush()
        return bool(self._poller.poll(0))

    def read(self, count):
        """Exactly so many bytes. Raises OSError at the end of the connection and after the time-out."""
        self.flush()
        data, deadline = b"", self._deadline()
        while len(data) < count:
            part = self._tls.read(count - len(data))
            if part:
                data += part
            elif part is None:
                self._wait(deadline)
            else:
                raise OSError(errno.ECONNRESET)
        return data

    def write(self, data, count=None):
        """Take bytes that are to leave with the next `flush`."""
        self._written += data if count is None else data[:count]

    def flush(self):
        """Send it. Raises OSError, after the time-out too; ValueError when the handshake refuses a certificate."""
        left, deadline = memoryview(self._written), self._deadline()
        self._written = b""
        while len(left):
            done = self._tls.write(left)
            if done:
                left = left[done:]
            else:
                self._wait(deadline)

    def setblocking(self, _flag):
        """Nothing: it never blocks for longer than its time-out."""

    def close(self):
        """Close it; a broken one is closed already."""
        try:
            self._tls.close()
        except OSError:
            pass
        self._plain.close()

    def _deadline(self):
        return time.ticks_add(time.ticks_ms(), self._timeout_ms)

    def _wait(self, deadline):
        if time.ticks_diff(deadline, time.ticks_ms()) < 0:
            raise OSError(errno.ETIMEDOUT)
        self._breathe()
        self._poller.poll(WAIT_MS)
