"""A board's raw REPL, by mpremote's serial transport: entered whatever the program does, and every loss said once.

Of mpremote nothing is used but this transport and what it runs; its version is pinned: it promises no interface.
"""

import errno
import json
import struct
import time
from contextlib import contextmanager, suppress

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from flasher import ports
from flasher.errors import BoardRefused, FlasherError, FlashFull, NoBoard, PortLost, PortRefused
from flasher.permission import advice

BAUD = 115200
ANSWER_S = 1  # a single read on the port waits no longer
FIRST_LISTEN_S, MOST_LISTEN_S = 0.7, 3  # for an answer to Ctrl-C, before the next
KEPT = 8192
ENTER_S = 20  # a program that restarts again and again leaves a window of 2 s at each power-on
BANNER = b"raw REPL; CTRL-B to exit\r\n"
FULL = ("ENOSPC", "28")
NOT_OPENED = {
    errno.ENOENT: (NoBoard, "is not there; plug the board in, with a cable that carries data"),
    errno.EACCES: (PortRefused, "may not be opened by you: {advice}"),
    errno.EPERM: (PortRefused, "may not be opened by you: {advice}"),
    errno.EAGAIN: (PortRefused, "is taken by {holder}; close it"),
    errno.EBUSY: (PortRefused, "is taken by {holder}; close it"),
}


class Repl:
    """The raw REPL of the board on a port. Use as a context. Raises NoBoard, PortRefused, PortLost, BoardRefused."""

    def __init__(self, port, enter_s=ENTER_S):
        self.port, self._enter_s, self._transport = port, enter_s, None

    def __enter__(self):
        self._transport = _opened(self.port)
        try:
            self.enter()
        except (FlasherError, KeyboardInterrupt):
            self.close()
            raise
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        """Give the port back; the board stays where it is."""
        with suppress(OSError):  # it went away, and that was said where it happened
            self._transport.close()

    def enter(self):
        """Stop the program and enter the raw REPL: Ctrl-C again and again, until the board says that it is in."""
        deadline, said, patience_s = time.monotonic() + self._enter_s, b"", FIRST_LISTEN_S
        with self._losses():
            while time.monotonic() < deadline:
                self._transport.serial.write(b"\r\x03\x03\r\x01")
                said = self._heard(until=BANNER, within_s=patience_s) or said
                patience_s = min(1.4 * patience_s, MOST_LISTEN_S)  # a slow board is not stopped again while it starts
                if BANNER in said:
                    self._heard(until=None, within_s=0.1)
                    self._transport.serial.write(b"\r\x01")  # once more, in the quiet: the transport wants the prompt
                    if self._transport.read_until(1, BANNER, timeout_overall=ANSWER_S).endswith(BANNER):
                        self._transport.in_raw_repl = True
                        return
        last = said.decode(errors="replace").strip().splitlines()[-1:] or ["nothing"]
        raise BoardRefused(
            f"{self.port}: the board does not stop for Ctrl-C within {self._enter_s} s, it said {last[0][:80]!r} last; "
            "press RESET (or unplug it and plug it in again) and run the same command at once"
        )

    def _heard(self, until, within_s):
        """The end of what the board says within that time, or up to `until`."""
        deadline, said = time.monotonic() + within_s, b""
        while time.monotonic() < deadline and not (until and until in said):
            waiting = self._transport.serial.in_waiting
            if waiting:
                said = (said + self._transport.serial.read(waiting))[-KEPT:]
            else:
                time.sleep(0.01)
        return said

    def run(self, script):
        """What a script printed, as bytes. Raises BoardRefused with the board's own last line, PortLost."""
        with self._losses():
            return self._transport.exec(script)

    def value(self, script):
        """What a script printed as JSON."""
        said = self.run(script)
        try:
            return json.loads(said)
        except ValueError:
            raise self._lost(
                f"the board's answer is garbled ({said[:40]!r}); close what else reads this port"
            ) from None

    def leave(self, script):
        """Run a script that never comes back, such as a reset.

        A board that is its own USB chip may take the port away before it has said that it took the script: whether it
        left is seen by who waits for it.
        """
        with self._losses(), suppress(OSError):
            self._transport.exec_raw_no_follow(script)

    def restart(self):
        """Start the board as RESET does, stay on the cable, and go on as its Console."""
        self.leave("import machine\nmachine.reset()")
        return Console(self)

    def read(self):
        """What came by now, at least one byte or nothing after a second. Raises PortLost."""
        with self._losses():
            port = self._transport.serial
            return port.read(max(1, port.in_waiting))

    def reopen(self, deadline):
        """The port again, after a board that is its own USB chip took it away for its restart. Raises PortLost."""
        self.close()
        while True:
            try:
                self._transport = _opened(self.port)
                return
            except NoBoard:
                if time.monotonic() > deadline:
                    raise PortLost(
                        f"{self.port} did not come back after the restart; plug the board in again"
                    ) from None
                time.sleep(0.1)

    @contextmanager
    def _losses(self):
        try:
            yield
        except TransportExecError as error:
            raise _refused(self.port, error) from error
        except (TransportError, struct.error) as error:
            raise self._lost("the board stopped answering; check the cable") from error
        except OSError as error:
            raise self._lost("the port went away; plug the cable in") from error

    def _lost(self, words):
        """The error for a loss: another program that took the port is named; else `words` say what to do."""
        thief = ports.holder(self.port)
        if thief is not None:
            return PortRefused(
                f"{self.port}: {thief} took the port; close it and run the same command again, it goes on"
            )
        return PortLost(f"{self.port}: {words} and run the same command again, it goes on")


class Console:
    """What a board says after its restart, line by line."""

    def __init__(self, repl):
        self._repl, self._rest = repl, b""

    def lines(self, until):
        """The lines as they come, until `until` of time.monotonic()."""
        while time.monotonic() < until:
            try:
                self._rest += self._repl.read()
            except PortLost:
                self._repl.reopen(until)
            *whole, self._rest = self._rest.split(b"\n")
            for line in whole:
                yield line.decode(errors="replace").strip("\r\x04> ").removeprefix("OK")


def _opened(port):
    try:
        return SerialTransport(port, BAUD, timeout=ANSWER_S)
    except TransportError:  # it does not say why: ask once more
        try:
            serial.Serial(port, BAUD, exclusive=True).close()
        except OSError as error:
            kind, words = NOT_OPENED.get(error.errno, (PortRefused, "cannot be opened; unplug it and plug it in again"))
            raise kind(
                f"{port} {words.format(holder=ports.holder(port) or 'another program', advice=advice())}"
            ) from error
        return _opened_again(port)


def _opened_again(port):
    try:
        return SerialTransport(port, BAUD, timeout=ANSWER_S)
    except TransportError as error:
        raise PortRefused(f"{port} comes and goes; try another cable or another socket") from error


def _refused(port, error):
    last = (error.error_output.strip().splitlines() or ["no reason"])[-1]
    if last.startswith("OSError") and any(word in last for word in FULL):
        return FlashFull(f"{port}: the board's flash is full")
    return BoardRefused(f"{port}: the board says {last[:120]!r}; unplug it, plug it in and run the same command again")
