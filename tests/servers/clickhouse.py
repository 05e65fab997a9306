"""A real ClickHouse cluster on loopback, with user and password: shards without replicas, or replicas over TLS."""

import logging
import subprocess
import time
from contextlib import contextmanager
from hashlib import sha256

from clickhouse_driver import Client, errors

from tests.fakes.certificates import make_ca, make_leaf
from tests.needs import require_program
from tests.servers import account, ports, zookeeper

USER, PASSWORD, CLUSTER = "gantry", "a password for shards", "hospital"
FAR = "province"  # a cluster that one of the servers knows, too, with a server on a network
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
    <remote_servers><{cluster}>{shards}</{cluster}>
        <{far}><shard><replica><host>192.0.2.1</host><port>9000</port></replica></shard></{far}></remote_servers>{more}
</yandex>
"""
SHARD = "<shard><internal_replication>true</internal_replication>{}</shard>"
REPLICA = (
    "<replica><host>127.0.0.1</host><port>{port}</port><secure>{secure:d}</secure>"
    "<user>{user}</user><password>{password}</password></replica>"
)
TLS = """
    <tcp_port_secure>{port}</tcp_port_secure>
    <openSSL>
        <server><certificateFile>{folder}/cert.pem</certificateFile><privateKeyFile>{folder}/key.pem</privateKeyFile>
            <verificationMode>none</verificationMode><loadDefaultCAFile>false</loadDefaultCAFile></server>
        <client><caConfig>{folder}/ca.pem</caConfig><loadDefaultCAFile>false</loadDefaultCAFile>
            <verificationMode>relaxed</verificationMode>
            <invalidCertificateHandler><name>RejectCertificateHandler</name></invalidCertificateHandler></client>
    </openSSL>"""
KEEPER = """
    <zookeeper><session_timeout_ms>2000</session_timeout_ms><node><host>127.0.0.1</host><port>{port}</port></node></zookeeper>
    <macros><shard>1</shard><replica>{at}</replica></macros>"""
USERS = """<yandex>
    <profiles><default><max_memory_usage>4000000000</max_memory_usage></default></profiles>
    <quotas><default></default></quotas>
    <users><{user}><password_sha256_hex>{sha256}</password_sha256_hex><networks><ip>127.0.0.1</ip></networks>
        <profile>default</profile><quota>default</quota></{user}></users>
</yandex>
"""


class Node:
    """One server of the cluster."""

    def __init__(self, folder, port, program, as_account, ca=None):
        self.folder, self.port, self._tls = folder, port, {"secure": True, "ca_certs": str(ca)} if ca else {}
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
        client = Client("127.0.0.1", self.port, user=USER, password=PASSWORD, **self._tls)
        try:
            return client.execute(sql, parameters)
        finally:
            client.disconnect()


class Cluster:
    """Nodes that know each other."""

    def __init__(self, nodes, passfile, ca=None):
        self.nodes, self.passfile, self.ca = nodes, passfile, ca

    def url(self, database):
        """What the setting `clickhouse` says for a database of the cluster."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        scheme, trust = ("clickhouses", f"&ca={self.ca}") if self.ca else ("clickhouse", "")
        return f"{scheme}://{USER}@{hosts}/{database}?cluster={CLUSTER}&passfile={self.passfile}{trust}"


@contextmanager
def serving(shards=2):
    """A Cluster of shards without replicas that runs until the end of this."""
    with _folder() as (folder, as_account, owner):
        numbers = ports.free(3 * shards)
        listed = "".join(SHARD.format(_replica(port)) for port in numbers[:shards])
        homes = [_home(folder, at, numbers[at::shards], listed, owner) for at in range(shards)]
        with _running(folder, homes, numbers, as_account) as cluster:
            yield cluster


@contextmanager
def replicated():
    """A Cluster of one shard with two replicas that know each other's TLS ports alone, until the end of this."""
    with _folder() as (folder, as_account, owner), zookeeper.serving(folder, as_account) as keeper:
        authority = make_ca("ClickHouse of the tests")
        leaf = make_leaf(authority, ["127.0.0.1"])
        for name, content in (("ca", authority.pem), ("cert", leaf.pem), ("key", leaf.key_pem)):
            (folder / f"{name}.pem").write_bytes(content)
            account.give(folder / f"{name}.pem", owner)
        numbers = ports.free(8)
        secure, others = numbers[:2], numbers[2:]
        listed = SHARD.format("".join(_replica(port, secure=True) for port in secure))
        more = [TLS.format(folder=folder, port=secure[at]) + KEEPER.format(port=keeper, at=at) for at in range(2)]
        homes = [_home(folder, at, others[at::2], listed, owner, more[at]) for at in range(2)]
        with _running(folder, homes, numbers, as_account, folder / "ca.pem") as cluster:
            yield cluster


@contextmanager
def _folder():
    as_account, owner = account.of("clickhouse")
    with account.folder(owner) as folder:
        yield folder, as_account, owner


def _replica(port, secure=False):
    return REPLICA.format(port=port, secure=secure, user=USER, password=PASSWORD)


def _home(folder, at, numbers, shards, owner, more=""):
    """The folder of a server, configured."""
    home = folder / str(at)
    home.mkdir()
    words = dict(zip(("tcp", "http", "interserver"), numbers, strict=True), folder=home, cluster=CLUSTER, far=FAR)
    (home / "config.xml").write_text(CONFIG.format(**words, shards=shards, more=more))
    (home / "users.xml").write_text(USERS.format(user=USER, sha256=sha256(PASSWORD.encode()).hexdigest()))
    account.give(home, owner)
    return home


@contextmanager
def _running(folder, homes, numbers, as_account, ca=None):
    program = require_program("clickhouse-server", "clickhouse-server")
    logging.getLogger("clickhouse_driver").setLevel(logging.CRITICAL)  # that a server is not there yet is no news
    nodes = [Node(home, port, program, as_account, ca) for home, port in zip(homes, numbers, strict=False)]
    passfile = folder / "pass"
    passfile.write_text(PASSWORD + "\n")
    passfile.chmod(0o600)
    try:
        for node in nodes:
            node.start()
        yield Cluster(nodes, passfile, ca)
    finally:
        for node in nodes:
            if node.process:
                node.kill()
