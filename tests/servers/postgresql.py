"""A real PostgreSQL 15 on a Unix socket and on loopback, with a database for each test copied from a template."""

import itertools
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.needs import require_program
from tests.servers import account, again, ports

BIN = "/usr/lib/postgresql/15/bin"
# Tests kill collectors, never the machine: nothing has to be on the disk.
QUICK = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}
_numbers = itertools.count(1)


class Postgresql:
    """A server whose socket lies in a folder; it also listens on a port of loopback, where a password is asked."""

    def __init__(self, folder, port, as_account):
        self.folder, self.port, self._as = Path(folder), port, as_account
        self.process, self._copies = None, {}

    def start(self):
        """Start it and wait until it answers."""
        settings = QUICK | {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder}
        command = [Path(BIN) / "postgres", "-D", self.folder / "data"]
        command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **self._as)
        ready = [Path(BIN) / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port), "-t", "60"]
        while subprocess.run(ready).returncode:
            assert self.process.poll() is None, (self.folder / "log").read_text()

    def stop(self):
        """End it at once, whoever is connected."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def url(self, name):
        """The URL of one of its databases."""
        return f"postgresql://gantry@/{name}?host={self.folder}&port={self.port}"

    def make(self, template="template0"):
        """The name of a new database, a copy of another."""
        name = f"test_{next(_numbers)}"
        with self.connected() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def lend(self, template):
        """The name of a copy of another database, as new: one that was given back, or one more."""
        copies = self._copies.setdefault(template, [])
        if copies:
            return copies.pop()
        name = self.make(template)
        with self.connected(name) as connection:
            again.remember(connection)
        return name

    def give_back(self, template, name):
        """Make a copy as new, whoever is still connected to it; one whose tables are others is dropped."""
        with self.connected(name) as connection:
            is_new = again.restore(connection)
        if is_new:
            self._copies[template].append(name)
        else:
            self.drop(name)

    def drop(self, name):
        """Forget a database, and whoever is still connected to it."""
        with self.connected() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def connected(self, name="postgres"):
        """A connection that commits each statement."""
        return psycopg.connect(self.url(name), autocommit=True)


@contextmanager
def serving():
    """A Postgresql that runs until the end of this."""
    initdb = require_program(f"{BIN}/initdb", "postgresql")
    as_account, owner = account.of("postgres")
    with account.folder(owner) as folder:
        command = [initdb, "-D", folder / "data", "-U", "gantry", "-N", "-E", "UTF8", "--locale=C"]
        command += ["--auth-local=trust", "--auth-host=scram-sha-256"]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **as_account)
        assert done.returncode == 0, done.stderr
        server = Postgresql(folder, ports.free()[0], as_account)
        server.start()
        try:
            yield server
        finally:
            server.stop()
