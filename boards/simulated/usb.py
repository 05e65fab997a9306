"""The simulated board on a cable: a pseudo-terminal that behaves as a board's USB port does.

What stands in the folder runs as on a chip: main.py at power-on and after a reset, the REPL when it ends or Ctrl-C
ends it, main.py again after Ctrl-D there. The cable can be pulled after any number of bytes; the board dies with it.
"""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import threading
import tty

from boards.simulated.run import RESETS, play

PIECE = 4096
NOBODY_S = 1  # a board goes on when no program holds the other end of its cable
BUSY_S = 60  # while a program of the board takes no input
TO_LOADER = 74  # exit status of machine.bootloader()


class UsbBoard:
    """Use as a context: `port` is where a flasher finds it. `cut_after`: bytes until the cable is pulled.

    `mount`: words for MicroPython before its REPL, for a flash that is not the folder itself.
    """

    def __init__(self, folder, cut_after=None, mount=()):
        self._folder, self._left, self._mount = folder, cut_after, list(mount)
        self._cable, cable_end = pty.openpty()
        tty.setraw(cable_end)
        self.port, self._cable_end = os.ttyname(cable_end), cable_end
        self._pulled_read, self._pulled_write = os.pipe()
        self._console, self._board = None, threading.Thread(target=self._live, daemon=True)
        self.cut, self.loader = threading.Event(), threading.Event()  # loader: it asked for its chip's loader

    def __enter__(self):
        self._new_console()
        os.set_blocking(self._cable, False)
        os.set_blocking(self._console, False)
        self._pump = threading.Thread(target=self._carry, daemon=True)
        self._pump.start()
        self._board.start()
        return self

    def __exit__(self, *_error):
        self.pull()
        self._pump.join()
        self._board.join()
        for handle in (self._cable, self._cable_end, self._pulled_read, self._pulled_write):
            if handle is not None:
                os.close(handle)

    def pull(self):
        """Pull the cable: the port is gone and the board without power."""
        self.cut.set()
        os.write(self._pulled_write, b"x")

    def _new_console(self):
        """A terminal of the board's own, so that Ctrl-C reaches its program as an interrupt."""
        self._console, self._tty = pty.openpty()
        mode = termios.tcgetattr(self._tty)
        mode[1] &= ~termios.OPOST
        mode[3] &= ~termios.ECHO
        termios.tcsetattr(self._tty, termios.TCSANOW, mode)

    def _live(self):
        """Power-on, then whatever the program and the REPL ask for, until the cable is pulled."""
        argv, cause = ["main.py"], "1"
        while not self.cut.is_set():
            if argv and not os.path.isfile(os.path.join(self._folder, "main.py")):
                argv = []
            ended = self._run(argv, cause)
            if ended == TO_LOADER:
                self.loader.set()
                self.pull()  # its port goes away, and no program of ours runs
            elif ended in RESETS:
                argv, cause = ["main.py"], RESETS[ended]
            else:
                argv = [] if argv else ["main.py"]  # the program ended: the REPL; the REPL ended: a soft reset
        os.close(self._tty)

    def _run(self, argv, cause):
        def own_terminal():
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C in this moment ends it as it ends main.py: the REPL
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 1)

        ends = {"stdin": self._tty, "stdout": self._tty, "stderr": self._tty}
        try:
            return play(argv or self._mount, self._folder, None, cause, preexec_fn=own_terminal, **ends).returncode
        except subprocess.SubprocessError:
            if not self.cut.is_set():
                raise
            return None  # the cable was pulled in the moment of its start

    def _carry(self):
        """Bytes both ways until the cable is pulled."""
        while not self.cut.is_set():
            ready, _, _ = select.select([self._cable, self._console, self._pulled_read], [], [])
            if self._cable in ready:
                self._to_board(os.read(self._cable, PIECE))
            if self._console in ready and not self.cut.is_set():
                self._put(self._cable, os.read(self._console, PIECE), NOBODY_S)
        os.close(self._console)  # its program hears a hang-up and dies
        os.close(self._cable_end)
        os.close(self._cable)
        self._cable = self._cable_end = None

    def _to_board(self, data):
        if self._left is not None:
            data, self._left = data[: self._left], self._left - len(data)
            if self._left <= 0:
                self.cut.set()
        self._put(self._console, data, BUSY_S)

    def _put(self, handle, data, patience_s):
        """Bytes to whoever reads there. What nobody takes for so long is lost; a pulled cable ends the wait."""
        while data:
            _, room, _ = select.select([self._pulled_read], [handle], [], patience_s)
            if not room:
                return
            data = data[os.write(handle, data) :]
