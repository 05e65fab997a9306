"""What lies between a terminal and its gateway, to be cut: a relay for TCP, a cable for USB serial. The same verbs.

`cut()` breaks what is connected and lets it connect again; `stall()` keeps everything connected and carries nothing, a
half-open peer, until `flow()`; `cut_after(count)` breaks it after so many more bytes upwards. Use both as contexts.
"""

import os
import selectors
import socket
import threading
import tty
from contextlib import suppress

PIECE = 4096
TURN_S = 0.02


class Wire:
    """What both have in common: a thread that carries, and the verbs."""

    def __init__(self):
        self._lock, self._over = threading.RLock(), threading.Event()
        self._stalled, self._left = False, None

    def __enter__(self):
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._over.set()
        self._thread.join(10)
        self.break_off()

    def cut(self):
        """Break it, and let it connect again."""
        with self._lock:
            self.break_off()
            self.join()

    def stall(self):
        """Carry nothing more."""
        self._stalled = True

    def flow(self):
        """Carry again; what was connected meanwhile is broken, as it would be by any router that lost its state."""
        with self._lock:
            self.cut()
            self._stalled = False

    def cut_after(self, count):
        """Break it after so many more bytes upwards."""
        with self._lock:
            self._left = count

    def _part(self, data):
        """What of some bytes still goes up, and whether the wire breaks behind it."""
        if self._left is None:
            return data, False
        part = data[: self._left]
        self._left -= len(part)
        broken = self._left == 0
        if broken:
            self._left = None
        return part, broken

    def _carry(self):
        while not self._over.is_set():
            with self._lock:
                self.turn()
            self._over.wait(TURN_S if self._stalled else 0.001)


class Relay(Wire):
    """Listens on `port` and connects to another one of loopback."""

    def __init__(self, target):
        super().__init__()
        self._target, self._pairs = target, []  # (the terminal's end, the gateway's end)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]

    def __exit__(self, *_error):
        super().__exit__()
        self._listener.close()

    def break_off(self):
        """Close every connection."""
        for pair in self._pairs:
            for end in pair:
                end.close()
        self._pairs = []

    def join(self):
        """Nothing: a terminal connects by itself."""

    def turn(self):
        """Take a new connection, carry what is there."""
        with suppress(BlockingIOError):
            below = self._listener.accept()[0]
            with suppress(OSError):  # nobody listens there: the terminal sees its connection end
                self._pairs.append((below, socket.create_connection(("127.0.0.1", self._target))))
        if self._stalled:
            return
        with selectors.DefaultSelector() as selector:
            for pair in self._pairs:
                selector.register(pair[0], selectors.EVENT_READ, (pair[1], True))
                selector.register(pair[1], selectors.EVENT_READ, (pair[0], False))
            for key, _events in selector.select(TURN_S):
                self._pass(key.fileobj, *key.data)

    def _pass(self, here, there, up):
        try:
            data, broken = here.recv(PIECE), False
            part, broken = self._part(data) if up else (data, False)
            there.sendall(part)
        except OSError:
            data, broken = b"", False
        if broken:
            self.break_off()
        elif not data:
            for pair in [pair for pair in self._pairs if here in pair]:
                self._pairs.remove(pair)
                for end in pair:
                    end.close()


class Cable(Wire):
    """Two pseudo-terminals: `board` (a file number) is the terminal's port, `path` names the gateway's end.

    `words(line)` gets every line a person at the port would read.
    """

    def __init__(self, path):
        super().__init__()
        self.path, self.words, self._line = path, None, b""
        self._here, self.board = os.openpty()
        os.set_blocking(self._here, False)
        self._there = self._port = None
        tty.setraw(self.board)
        self.join()

    def __exit__(self, *_error):
        super().__exit__()
        os.close(self._here)
        os.close(self.board)

    def break_off(self):
        """Pull the plug: the gateway's port is gone; what the board says goes nowhere."""
        if self._there is not None:
            self.path.unlink()
            os.close(self._there)
            os.close(self._port)
            self._there = self._port = None

    def join(self):
        """Put the plug in: a fresh port under the same name."""
        self._there, self._port = os.openpty()
        tty.setraw(self._port)
        os.set_blocking(self._there, False)
        self.path.symlink_to(os.ttyname(self._port))

    def press(self, key):
        """A key at the board's console."""
        os.write(self._here, key)

    def turn(self):
        """Carry what is there; a stalled cable still shows what a person at the port would read."""
        with selectors.DefaultSelector() as selector:
            for end in (self._here, None if self._stalled else self._there):
                if end is not None:
                    selector.register(end, selectors.EVENT_READ)
            for key, _events in selector.select(TURN_S):
                if key.fd == self._here:
                    self._up(_get(key.fd))
                elif key.fd == self._there:  # the board's bytes may have broken it: its number is somebody else's then
                    _put(self._here, _get(key.fd))

    def _up(self, data):
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            if self.words and not line.startswith(b"~"):
                self.words(line.decode(errors="replace").rstrip("\r"))
        part, broken = self._part(b"" if self._stalled else data)
        if self._there is not None:
            _put(self._there, part)
        if broken:
            self.cut()


def _get(end):
    """Read; nothing from a port that was pulled and put in again under the same number since it had something."""
    with suppress(BlockingIOError):
        return os.read(end, PIECE)
    return b""


def _put(end, data):
    """Write; what a full port does not take is lost, as on a board whose host reads nothing."""
    with suppress(BlockingIOError):
        os.write(end, data)
