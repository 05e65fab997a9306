"""A computer with a host agent for tests: the real program in a process of its own, to be killed and started again."""

import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

from firmware.protocol.identity import identity_text
from tests.fakes.running import Running

ROOT = Path(__file__).parents[3]
QUICK = {
    "every_s": 0.5,
    "ack_timeout_s": 2.0,
    "io_timeout_s": 2.0,
    "time_again_s": 1.0,
    "poll_s": 0.2,
    "back_off_first_s": 0.2,
    "back_off_most_s": 1.0,
    "distrust_s": 1.0,
}


def write_identity(folder, terminal_id, secret, gateways, ca_der):
    """What `collector terminal host` writes, by hand. `gateways`: rows of (id, host, port, server_name, road)."""
    folder.mkdir(exist_ok=True)
    names = ("gateway_id", "host", "port", "server_name", "road")
    found = {"schema": 1, "terminal_id": terminal_id, "secret": secret.hex(), "first_boot_no": 1, "ca": "ca.der"}
    found["gateways"] = [dict(zip(names, row, strict=True)) for row in gateways]
    (folder / "ca.der").write_bytes(ca_der)
    path = folder / "identity.json"
    path.touch(mode=0o600)
    path.write_text(identity_text(found))


class Computer(Running):
    """Use as a context; the identity must be in the folder. `flows`, `disks`, ...: tables of more settings."""

    def __init__(self, folder, **tables):
        self.config, self._process, self._lines = folder / "host.toml", None, []
        lines = [f"{name} = {value}" for name, value in QUICK.items()]
        for table, settings in tables.items():
            lines += [f"[{table}]"] + [f"{name} = {value!r}".replace("'", '"') for name, value in settings.items()]
        self.config.write_text("\n".join(lines) + "\n")

    def start(self, **environ):
        """Start the agent and wait until it says that it is ready."""
        began = len(self.log())
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._process = subprocess.Popen(
            self.command("run"), cwd=ROOT, env={**os.environ, **environ}, text=True, **pipe
        )
        threading.Thread(target=self._collect, args=(self._process,), daemon=True).start()
        self.expect("agent ready", began)

    def _collect(self, process):
        """Through a pipe: when its files may not grow, it still can say so."""
        for line in process.stdout:
            self._lines.append(line)

    def expect(self, text, began=0, timeout_s=20):
        """Wait until the agent has said a text."""
        deadline = time.monotonic() + timeout_s
        while text not in self.log()[began:]:
            assert self._process.poll() is None and time.monotonic() < deadline, (
                f"{text!r} is not said in\n{self.log()}"
            )
            time.sleep(0.05)

    def fill_disk(self, full=True):
        """Whether its files may not grow by a byte from now on."""
        limit = 0 if full else resource.RLIM_INFINITY
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def command(self, *words):
        """The words of a command of this agent."""
        return [sys.executable, "-m", "firmware.host", "--config", str(self.config), *words]

    def say(self, *words):
        """What a command says, with its exit status."""
        done = subprocess.run(self.command(*words), cwd=ROOT, capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout + done.stderr

    def log(self):
        """All it has said."""
        return "".join(self._lines)
