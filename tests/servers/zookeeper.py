"""A real ZooKeeper on loopback: what replicas of a ClickHouse shard agree by."""

import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from tests.needs import missing, require_program
from tests.servers import ports

JAR = Path("/usr/share/java/zookeeper.jar")
START_S = 60
CONFIG = """dataDir={folder}/zookeeper
clientPort={port}
clientPortAddress=127.0.0.1
tickTime=1000
admin.enableServer=false
4lw.commands.whitelist=srvr
"""


@contextmanager
def serving(folder, as_account):
    """Its port, until the end of this. `folder` belongs to the account it runs as."""
    java = require_program("java", "default-jre-headless")
    if not JAR.exists():
        missing(f"{JAR} is not there; the package zookeeper brings it")
    (port,) = ports.free()
    config = folder / "zookeeper.cfg"
    config.write_text(CONFIG.format(folder=folder, port=port))
    command = [java, "-Xmx128m", "-cp", JAR, "org.apache.zookeeper.server.ZooKeeperServerMain", config]
    with (folder / "zookeeper.log").open("w") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, **as_account
        )
    try:
        _wait_for(port, process, folder / "zookeeper.log")
        yield port
    finally:
        process.kill()
        process.wait(30)


def _wait_for(port, process, log):
    deadline = time.monotonic() + START_S
    while not _is_well(port):
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-2000:]
        time.sleep(0.1)


def _is_well(port):
    """Whether it serves: `ruok` is answered before that, and who asks for a session then is hung up on."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"srvr")
            return connection.recv(4096).startswith(b"Zookeeper version")
    except OSError:
        return False
