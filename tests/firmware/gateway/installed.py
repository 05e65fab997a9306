"""Inside a systemd of its own: the installer is run, the units start, are killed, hang, and are taken away again.

Says what it found as JSON in /out/found.json; `tests/firmware/gateway/test_systemd.py` judges it.
"""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from tests.fakes.platform import CODE, Platform
from tests.firmware.gateway.peer import Peer

OUT, INSTALLER, NAME = Path("/out"), "/tree/firmware/gateway/install/install.sh", "127.0.0.1"
HURRIED = "[Service]\nWatchdogSec=4\nRestartSec=1\n"  # where the units wait for 60 and 5 seconds
UNITS = ("gantry-gateway", "mosquitto")
WITHIN_S = 90


def run(*words):
    """What a command says. Raises CalledProcessError."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    print("$", *words, "\n", done.stdout, done.stderr, flush=True)
    done.check_returncode()
    return done.stdout


def until(holds, what):
    """Wait until something holds."""
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def shown(unit):
    """{property: value} of a unit."""
    names = "MainPID,NRestarts,ActiveState,SubState,Result"
    return dict(line.split("=", 1) for line in run("systemctl", "show", "-p", names, unit).splitlines())


def active(unit):
    """Whether it runs, with a process of its own."""
    state = shown(unit)
    return state["ActiveState"] == "active" and state["MainPID"] != "0"


def rights(unit):
    """What the kernel says of the process of a unit."""
    lines = Path(f"/proc/{shown(unit)['MainPID']}/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return {name: status[name].split()[0] for name in ("Uid", "NoNewPrivs", "Seccomp", "CapEff", "CapBnd")}


class Site:
    """An installed gateway with its platform and a terminal."""

    def __init__(self, platform):
        self.platform, self.found = platform, {}
        self.peer = Peer("ct-01", 8883, platform.ca_file)
        platform.terminals["ct-01"] = self.peer.key

    def install(self):
        """As the guide says, with the program that is there."""
        words = ("--keep-program", "--collector", self.platform.url, "--ca", str(self.platform.ca_file))
        run("sh", INSTALLER, *words, "--name", NAME)
        run("/usr/local/bin/gantry-gateway", "enrol", "--code", CODE, "--name", NAME)
        for unit, words in (("gantry-gateway", HURRIED), ("mosquitto", HURRIED.replace("WatchdogSec=4\n", ""))):
            hurried = Path(f"/etc/systemd/system/{unit}.service.d/hurried.conf")
            hurried.parent.mkdir(exist_ok=True)
            hurried.write_text(words)
        run("systemctl", "daemon-reload")
        run("systemctl", "restart", "mosquitto", "gantry-gateway")

    def delivers(self):
        """Wait until one more reading has come all the way."""
        self.peer.add()
        wanted = self.peer.made
        until(lambda: len(self.platform.numbers("ct-01")) == wanted, f"{wanted} readings at the platform")

    def hit(self, unit, number):
        """Send a signal to a unit's process, and wait until systemd has started it again; how often it has so far."""
        before = shown(unit)
        os.kill(int(before["MainPID"]), number)
        until(lambda: active(unit) and shown(unit)["MainPID"] != before["MainPID"], f"{unit} is not started again")
        self.delivers()
        return int(shown(unit)["NRestarts"])

    def live(self):
        """Everything, in order."""
        for unit in UNITS:
            until(lambda one=unit: active(one), f"{unit} does not start")
        self.delivers()
        self.found["rights"] = {unit: rights(unit) for unit in UNITS}
        self.found["rules"] = "ct count over 256" in run("nft", "list", "table", "inet", "gantry")
        self.found["killed"] = {unit: self.hit(unit, signal.SIGKILL) for unit in UNITS}
        self.found["hung"] = self.hit("gantry-gateway", signal.SIGSTOP)
        self.found["status"] = run("/usr/local/bin/gantry-gateway", "status")
        self.found["numbers"] = [seq & 0xFFFFFF for seq in self.platform.numbers("ct-01")]

    def leave(self):
        """The uninstaller."""
        run("sh", INSTALLER, "--uninstall", "--purge")
        left = [
            path for path in ("/etc/gantry", "/var/lib/gantry", "/run/gantry", "/opt/gantry") if Path(path).exists()
        ]
        users = [line for line in Path("/etc/passwd").read_text().splitlines() if line.startswith("gantry")]
        self.found["left"] = [*left, *users]
        self.found["table"] = run("nft", "list", "tables")


def main():
    """All of it."""
    with Platform(OUT / "platform") as platform:
        site = Site(platform)
        try:
            site.install()
            with site.peer:
                site.live()
            site.leave()
        finally:
            subprocess.run(["journalctl", "--no-pager", "-n", "60"], timeout=20)
        (OUT / "found.json").write_text(json.dumps(site.found))


if __name__ == "__main__":
    main()
