"""What is installed, running: systemd hears the truth, mosquitto takes its configuration, the filter lets all pass."""

import getpass
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from firmware.protocol.seal import gateway_key
from firmware.systemd import Notice
from tests.fakes.certificates import make_ca, make_leaf
from tests.fakes.mosquitto import SiteMosquitto
from tests.fakes.platform import Platform
from tests.firmware.gateway.home import RunningGateway
from tests.firmware.gateway.peer import Peer
from tests.firmware.gateway.test_install import INSTALL
from tests.firmware.host.computer import Computer, write_identity
from tests.needs import require_program
from tests.ports import free_port

ALLOWED_S = 1.0  # what the unit's WatchdogSec is in these tests
SECRET = b"s" * 32
AS_ROOT = {"fchown"} if os.geteuid() == 0 else set()  # SQLite gives its files to their owner, as root only


class Systemd:
    """The other end of NOTIFY_SOCKET. Use as a context; `heard` are (time, text)."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self.heard = []

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._socket.close()

    @property
    def environ(self):
        return {"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": str(int(ALLOWED_S * 1_000_000))}

    def listen(self, seconds, until=None):
        """Hear for so long, or until a text came; what came meanwhile."""
        ended, first = time.monotonic() + seconds, len(self.heard)
        while (left_s := ended - time.monotonic()) > 0:
            self._socket.settimeout(left_s)
            try:
                self.heard.append((time.monotonic(), self._socket.recv(4096).decode()))
            except TimeoutError:
                break
            if self.heard[-1][1] == until:
                break
        return [text for _s, text in self.heard[first:]]


@pytest.fixture
def systemd(tmp_path):
    with Systemd(tmp_path) as one:
        yield one


def test_a_gateway_is_ready_once_it_listens_alive_while_it_works_and_silent_when_it_hangs(
    tmp_path, systemd, monkeypatch
):
    for name, value in systemd.environ.items():
        monkeypatch.setenv(name, value)
    with Platform(tmp_path / "platform") as platform, RunningGateway(tmp_path, platform) as gateway:
        assert systemd.listen(10, "READY=1")[-1] == "READY=1"
        socket.create_connection(("127.0.0.1", gateway.port), timeout=5).close()
        assert systemd.listen(10, "WATCHDOG=1") == ["WATCHDOG=1"]
        alive = systemd.listen(5 * ALLOWED_S)
        assert set(alive) == {"WATCHDOG=1"} and len(alive) >= 5  # more often than it must
        os.kill(gateway.pid, signal.SIGSTOP)
        systemd.listen(0.5)  # what was on its way
        assert systemd.listen(3 * ALLOWED_S) == []
        os.kill(gateway.pid, signal.SIGCONT)
        assert systemd.listen(10, "WATCHDOG=1") == ["WATCHDOG=1"]
        assert gateway.end() == 0
        assert systemd.listen(1)[-1] == "STOPPING=1"


def test_a_host_agent_says_the_same(tmp_path, systemd):
    write_identity(
        tmp_path / "ws", "ct-ws", SECRET, [("gw-1", "127.0.0.1", 1, "127.0.0.1", "mqtt")], make_ca("Ours").der
    )
    computer = Computer(tmp_path / "ws")
    computer.start(**systemd.environ)
    try:
        assert systemd.listen(10, "READY=1")[-1] == "READY=1"
        assert systemd.listen(10, "WATCHDOG=1") == ["WATCHDOG=1"]
        assert computer.end() == 0
        assert "STOPPING=1" in systemd.listen(1)
    finally:
        computer.kill()


def test_without_systemd_or_for_another_process_nothing_is_said(systemd):
    quiet = Notice({})
    quiet.ready()
    quiet.alive()
    assert quiet.every_s == 0
    assert Notice({**systemd.environ, "WATCHDOG_PID": "1"}).every_s == 0
    Notice(systemd.environ).ready()
    assert systemd.listen(1, "READY=1") == ["READY=1"]


def test_a_systemd_that_is_gone_stops_nobody(tmp_path, caplog):
    Notice({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
    assert "systemd is not told READY=1" in caplog.text


class InstalledMosquitto(SiteMosquitto):
    """A mosquitto with the installed configuration, its paths below a folder, its port free."""

    def __init__(self, folder, platform):
        super().__init__(folder, make_leaf(platform.ca, ["127.0.0.1"]), free_port())
        port = self.settings["mqtt__port"]
        self.settings["mqtt__certificate_file"] = str(folder / "gateway.pem")
        said = (INSTALL / "mosquitto.conf").read_text()
        said = said.replace("/run/gantry", str(folder)).replace("listener 8883", f"listener {port} 127.0.0.1")
        said = said.replace("mosquitto.pid", "pid")
        (folder / "mosquitto.conf").write_text(said + f"user {getpass.getuser()}\n")

    def start(self):
        self._process = subprocess.Popen([self.program, "-c", self.folder / "mosquitto.conf"])


def test_a_mosquitto_with_the_installed_configuration_takes_a_gateway_and_a_terminal(tmp_path):
    with Platform(tmp_path / "platform") as platform:
        site = InstalledMosquitto(tmp_path / "mosquitto", platform)
        gateway = RunningGateway(tmp_path, platform, **site.settings)
        peer = Peer("ct-01", gateway.port, platform.ca_file)
        platform.terminals["ct-01"] = peer.key
        pem = tmp_path / "mosquitto/gateway.pem"  # as systemd-tmpfiles does
        pem.write_bytes(gateway.identity.certificate.read_bytes())
        site.start()
        try:
            with gateway, peer:
                peer.add()
                platform.wait_until(lambda: platform.readings)
                peer.wait_until_empty()
        finally:
            site.kill()
        assert (tmp_path / "mosquitto/pid").read_text().strip().isdecimal()


def allowed(unit):
    """The system calls a unit may make, on this machine."""
    found = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", (INSTALL / unit).read_text(), re.M):
        names = set().union(*(_calls(name) for name in line.lstrip("~").split()))
        found = found - names if line.startswith("~") else found | names
    return found


def _calls(name):
    """The system calls of a group, with those of the groups in it."""
    if not name.startswith("@"):
        return {name}
    analyze = require_program("systemd-analyze", "systemd")
    said = subprocess.run([analyze, "--no-pager", "syscall-filter", name], capture_output=True, text=True, check=True)
    lines = [line.strip() for line in said.stdout.splitlines()[1:]]
    return set().union(*(_calls(line) for line in lines if line and not line.startswith("#")))


def traced(words, file):
    """A command under strace, from its first call to its last; its process stays our own child."""
    return [require_program("strace", "strace"), "-D", "-f", "-q", "-o", str(file), *words]


class TracedGateway(RunningGateway):
    """A gateway whose every system call is written down."""

    def command(self, *words):
        plain = super().command(*words)
        return traced(plain, self.config.with_name("gateway.trace")) if words == ("run",) else plain


class TracedComputer(Computer):
    """The same of a host agent."""

    def command(self, *words):
        return traced(super().command(*words), self.config.with_name("host.trace"))


def test_what_gateway_and_agent_ask_of_the_kernel_is_what_their_units_allow(tmp_path):
    with Platform(tmp_path / "platform") as platform:
        platform.terminals["ct-ws"] = gateway_key(SECRET, platform.gateway_id)
        gateway = TracedGateway(tmp_path, platform)
        row = (platform.gateway_id, "127.0.0.1", gateway.port, "127.0.0.1", "mqtt")
        write_identity(tmp_path / "ws", "ct-ws", SECRET, [row], platform.ca.der)
        with gateway, TracedComputer(tmp_path / "ws") as computer:
            platform.wait_until(lambda: len(platform.readings) > 3, 60)
            assert computer.end() == 0 and gateway.end() == 0
    for unit, file in (("gantry-gateway", "gateway.trace"), ("gantry-host", "ws/host.trace")):
        calls = re.findall(r"^\d+ +(\w+)\((.*)$", (tmp_path / file).read_text(errors="replace"), re.M)
        names = {name for name, _rest in calls} - AS_ROOT
        assert len(names) > 30 and "execve" in names
        assert names <= allowed(f"{unit}.service"), names - allowed(f"{unit}.service")
        memory = [rest for name, rest in calls if name in ("mmap", "mprotect")]
        assert memory and not [rest for rest in memory if "PROT_WRITE|PROT_EXEC" in rest]
