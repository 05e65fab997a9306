"""A gateway for tests: its settings, its folder, enrolled at the look-alike platform."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

from firmware.gateway import enrolment
from firmware.gateway.config import DEFAULTS
from firmware.gateway.identity import read_identity
from tests.fakes.platform import CODE
from tests.fakes.running import Running
from tests.ports import free_port

ROOT = Path(__file__).parents[3]
QUICK = {
    "upload.every_s": 0.05,
    "upload.back_off_first_s": 0.05,
    "upload.back_off_most_s": 0.2,
    "upload.refused_pause_s": 0.2,
    "collector.timeout_s": 5.0,
    "collector.terminals_every_s": 0.2,
    "refusals.every_s": 0.2,
}


def settings_of(folder, platform, **more):
    """All settings of a gateway in a folder; `more` with __ for the dot."""
    given = {name.replace("__", "."): value for name, value in more.items()}
    return {
        **DEFAULTS,
        **QUICK,
        "state": str(folder),
        "collector.url": platform.url,
        "collector.ca": str(platform.ca_file),
        "mqtt.host": "127.0.0.1",
        "mqtt.port": free_port(),
        **given,
    }


def enrolled(folder, platform, **more):
    """(settings, identity) of a gateway that has enrolled."""
    settings = settings_of(folder, platform, **more)
    asyncio.run(enrolment.enrol(settings, CODE, ["127.0.0.1"]))
    return settings, read_identity(settings["state"])


def write_toml(path, settings):
    """The settings as a file for a gateway in a process of its own."""
    tables = {}
    for name, value in settings.items():
        table, _, key = name.rpartition(".")
        said = str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
        tables.setdefault(table, []).append(f"{key} = {said}")
    text = "\n".join(tables.pop("")) + "\n"
    for table, lines in tables.items():
        text += f"[{table}]\n" + "\n".join(lines) + "\n"
    Path(path).write_text(text)


class RunningGateway(Running):
    """A gateway in a process of its own, to be killed and started again. Use as a context. `env` goes over ours."""

    def __init__(self, folder, platform, env=None, **more):
        self._env = {**os.environ, **(env or {})}
        self.settings, self.identity = enrolled(folder / "state", platform, **more)
        self.config, self.log_file = folder / "gateway.toml", folder / "log"
        write_toml(self.config, self.settings)
        self.port, self._process = self.settings["mqtt.port"], None

    def start(self):
        """Start it and wait until it is ready."""
        with open(self.log_file, "ab") as log:
            began = log.tell()
            out = {"stdout": log, "stderr": log, "start_new_session": True}  # a Ctrl-C is for who started it
            self._process = subprocess.Popen(self.command("run"), cwd=ROOT, env=self._env, **out)
        deadline = time.monotonic() + 60
        while b"gateway ready" not in self.log_file.read_bytes()[began:]:
            assert self._process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def command(self, *words):
        """The words of a command of this gateway."""
        return [sys.executable, "-m", "firmware.gateway", "--config", str(self.config), *words]

    def say(self, *words):
        """What a command says, with its exit status."""
        done = subprocess.run(self.command(*words), cwd=ROOT, capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout + done.stderr

    def log(self):
        """All it has said."""
        return self.log_file.read_text()
