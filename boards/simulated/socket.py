"""`socket` as on a board with lwIP: `setblocking(True)` erases a time-out, which the unix port below would keep."""

from io import IOBase
from select import poll

from usocket import getaddrinfo  # noqa: F401 - part of the module
from usocket import socket as below


class socket(IOBase):
    """One connection. TLS and polls take it as they take a board's own, by `readinto`, `write` and `ioctl`."""

    def __init__(self):
        self._below = below()

    def __getattr__(self, name):
        return getattr(self._below, name)

    def setblocking(self, flag):
        """On a board this sets the time-out too: to none, or to no waiting at all."""
        self._below.settimeout(None if flag else 0)

    def ioctl(self, request, wanted):
        """Answer a request of MicroPython's streams (py/stream.h): 3 what of `wanted` is ready, 4 close, 10 file."""
        if request == 3:
            look = poll()
            look.register(self._below, wanted)
            for _one, ready in look.ipoll(0):
                return ready
        elif request == 4:
            self._below.close()
        else:
            return self._below.fileno()
        return 0
