"""A real ClickHouse cluster on loopback: shards without replicas, each a server of its own, with user and password."""

import logging
import subprocess
import time
from contextlib import contextmanager
from hashlib import sha256

from clickhouse_driver import Client, errors

from tests.needs import require_program
from tests.servers import account, ports

USER, PASSWORD, CLUSTER = "gantry", "a password for shards", "hospital"
START_S = 60

CONFIG = """<yandex>
    <logger><level>warning</level><log>{folder}/log</log><errorlog>{folder}/errors</errorlog></logger>
    <listen_host>127.0.0.1</listen_host>
    <tcp_port>{tcp}</tcp_port>
    <http_port>{http}</http_port>
    <interserver_http_port>{interserver}</interserver_http_port>
    <interserver_http_host>127.0.0.1</interserver_http_host>
    <path>{folder}/data/</path>
    <tmp_path>{folder}/tmp/</tmp_path>
    <user_files_path>{folder}/files/</user_files_path>
    <format_schema_path>{folder}/schemas/</format_schema_path>
    <mark_cache_size>268435456</mark_cache_size>
    <users_config>{folder}/users.xml</users_config>
    <default_profile>default</default_profile>
    <default_database>default</default_database>
    <timezone>UTC</timezone>
    <remote_servers><{cluster}>{shards}</{cluster}></remote_servers>
</yandex>
"""
SHARD = (
    "<shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>{}</port>"
    "<user>{}</user><password>{}</password></replica></shard>"
)
USERS = """<yandex>
    <profiles><default><max_memory_usage>4000000000</max_memory_usage></default></profiles>
    <quotas><default></default></quotas>
    <users><{user}><password_sha256_hex>{sha256}</password_sha256_hex><networks><ip>127.0.0.1</ip></networks>
        <profile>default</profile><quota>default</quota></{user}></users>
</yandex>
"""


class Node:
    """One server of the cluster."""

    def __init__(self, folder, port, program, as_account):
        self.folder, self.port = folder, port
        self._command, self._as = [program, f"--config-file={folder}/config.xml"], as_account
        self.process = None

    def start(self):
        """Start it and wait until it answers."""
        with (self.folder / "output").open("a") as output:
            self.process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder, **self._as
            )
        deadline = time.monotonic() + START_S
        while True:
            try:
                return self.ask("SELECT 1")
            except (errors.Error, OSError, EOFError):
                assert self.process.poll() is None, (self.folder / "errors").read_text()
                assert time.monotonic() < deadline, f"no answer in {START_S} s"
                time.sleep(0.05)

    def kill(self):
        """Take it away in the middle of whatever it does."""
        self.process.kill()
        self.process.wait(30)

    def ask(self, sql, **parameters):
        """All rows."""
        client = Client("127.0.0.1", self.port, user=USER, password=PASSWORD)
        try:
            return client.execute(sql, parameters)
        finally:
            client.disconnect()


class Cluster:
    """Nodes that know each other."""

    def __init__(self, nodes, passfile):
        self.nodes, self.passfile = nodes, passfile

    def url(self, database):
        """What the setting `clickhouse` says for a database of the cluster."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"clickhouse://{USER}@{hosts}/{database}?cluster={CLUSTER}&passfile={self.passfile}"


@contextmanager
def serving(shards=2):
    """A Cluster that runs until the end of this."""
    program = require_program("clickhouse-server", "clickhouse-server")
    logging.getLogger("clickhouse_driver").setLevel(logging.CRITICAL)  # that a server is not there yet is no news
    as_account, owner = account.of("clickhouse")
    with account.folder(owner) as folder:
        numbers = ports.free(3 * shards)
        shard_list = "".join(SHARD.format(port, USER, PASSWORD) for port in numbers[:shards])
        nodes = []
        for at in range(shards):
            home = folder / str(at)
            home.mkdir()
            words = {"folder": home, "tcp": numbers[at], "http": numbers[shards + at], "cluster": CLUSTER}
            words |= {"interserver": numbers[2 * shards + at], "shards": shard_list}
            (home / "config.xml").write_text(CONFIG.format(**words))
            (home / "users.xml").write_text(USERS.format(user=USER, sha256=sha256(PASSWORD.encode()).hexdigest()))
            account.give(home, owner)
            nodes.append(Node(home, numbers[at], program, as_account))
        passfile = folder / "pass"
        passfile.write_text(PASSWORD + "\n")
        passfile.chmod(0o600)
        try:
            for node in nodes:
                node.start()
            yield Cluster(nodes, passfile)
        finally:
            for node in nodes:
                if node.process:
                    node.kill()
