"""The processes of the demo: each with its log file, all ended in turn when the demo ends, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from collector.errors import ActionError

ROOT = Path(__file__).parents[2]


class ProcessEnded(ActionError):
    """A process of the demo ended by itself; the text says which, and the last lines of its log."""


class Processes:
    """A context that starts processes and leaves none behind."""

    def __init__(self, logs):
        self.logs, self._running, self._began = logs, {}, {}
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self):
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # also where Ctrl-C is ignored, as behind `&`
        return self

    def __exit__(self, *_error):
        self.end()

    def start(self, name, *words):
        """Start `python -m words...` from the root of the tree."""
        with open(self.logs / f"{name}.log", "ab") as log:
            self._began[name] = log.tell()
            command = [sys.executable, "-m", *map(str, words)]
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._running[name] = process

    def call(self, *words):
        """Run `python -m words...` to its end. Raises ProcessEnded with what it said when it failed."""
        done = subprocess.run([sys.executable, "-m", *map(str, words)], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise ProcessEnded(f"{' '.join(map(str, words))}: {done.stderr.strip()}")

    def wait_for(self, name, text, seconds=30):
        """Wait until a process has written a text. Raises ProcessEnded."""
        deadline = time.monotonic() + seconds
        while text not in self._said(name):
            self.check()
            if time.monotonic() > deadline:
                raise ProcessEnded(f"{name} did not say {text!r} within {seconds} s\n{self._tail(name)}")
            time.sleep(0.1)

    def check(self):
        """Raise ProcessEnded when one of them is gone."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise ProcessEnded(f"{name} ended with status {process.returncode}\n{self._tail(name)}")

    def kill(self, name):
        """End one at once and without a word, with whatever it started: what a power cut does."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _said(self, name):
        """What it has written since it was started last."""
        return (self.logs / f"{name}.log").read_bytes()[self._began[name] :].decode(errors="replace")

    def _tail(self, name):
        return "\n".join(self._said(name).splitlines()[-10:])

    def end(self):
        """Ask the newest first, then insist; each with the processes it started itself."""
        for number, patience_s in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            for process in reversed(self._running.values()):
                if process.poll() is None:
                    os.killpg(process.pid, number)
            deadline = time.monotonic() + patience_s
            while any(process.poll() is None for process in self._running.values()) and time.monotonic() < deadline:
                time.sleep(0.05)
