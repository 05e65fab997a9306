"""A real mosquitto with TLS on loopback, that a test can stop and start again on the same port."""

import getpass
import socket
import subprocess
import time

from firmware.gateway.south.mosquitto import CONFIG as SITE_CONFIG
from tests.needs import require_program
from tests.ports import free_port

CONFIG = """\
listener {port} 127.0.0.1
certfile {folder}/server.pem
keyfile {folder}/server.key
password_file {folder}/passwords
allow_anonymous false
persistence false
log_type error
user root
"""

LISTENER = """\
listener {port} {host}
certfile {folder}/server.pem
keyfile {folder}/server.key
"""


class Mosquitto:
    """A broker for the users given as {name: password}, with one server certificate; on loopback, and on `host`.

    `more`: lines of its configuration."""

    def __init__(self, folder, leaf, users, host="127.0.0.1", more=""):
        self._program = require_program("mosquitto", "mosquitto")
        self.port, self._process = free_port(), None
        folder.mkdir(exist_ok=True)
        (folder / "server.pem").write_bytes(leaf.pem)
        (folder / "server.key").write_bytes(leaf.key_pem)
        self._passwords = folder / "passwords"
        self._passwords.touch(mode=0o600)
        for name, password in users.items():
            self.let_in(name, password)
        self._config = folder / "mosquitto.conf"
        more += "" if host == "127.0.0.1" else LISTENER.format(port=self.port, host=host, folder=folder)
        self._config.write_text(CONFIG.format(port=self.port, folder=folder) + more)
        self.start()

    def let_in(self, name, password):
        """A user's password, from the next start on."""
        command = [require_program("mosquitto_passwd", "mosquitto"), "-b", str(self._passwords), name, password]
        subprocess.run(command, check=True, capture_output=True)

    def start(self):
        """Run it and wait until it listens."""
        with open(self._config.with_name("log"), "ab") as log:
            self._process = subprocess.Popen([self._program, "-c", str(self._config)], stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < deadline and self._process.poll() is None, "mosquitto does not listen"
                time.sleep(0.05)

    def stop(self):
        """End it."""
        self._process.terminate()
        self._process.wait(10)


class SiteMosquitto:
    """A site's own mosquitto with the documented configuration; `settings` is how a test's gateway names its files."""

    def __init__(self, folder, leaf, port):
        self.program = require_program("mosquitto", "mosquitto")
        self.folder, self._process = folder, None
        files = {"password": "passwords", "acl": "access", "pid": "pid", "log": "log"}
        self.settings = {f"mqtt__{name}_file": str(folder / file) for name, file in files.items()}
        self.settings |= {"mqtt__embedded": False, "mqtt__port": port}
        folder.mkdir()
        (folder / "server.pem").write_bytes(leaf.pem)
        (folder / "server.key").write_bytes(leaf.key_pem)
        for name in ("passwords", "access"):
            (folder / name).touch(mode=0o600)
        said = SITE_CONFIG.format(port=port, host="127.0.0.1", folder=folder)
        (folder / "mosquitto.conf").write_text(said + f"user {getpass.getuser()}\n")

    def start(self):
        """Run it."""
        self._process = subprocess.Popen(
            [self.program, "-c", self.folder / "mosquitto.conf"], stderr=subprocess.DEVNULL
        )
        (self.folder / "pid").write_text(str(self._process.pid))

    def ended(self):
        """Whether it has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def kill(self):
        """Cut its power."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
