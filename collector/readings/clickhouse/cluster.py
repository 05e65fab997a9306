"""The servers of a cluster: which shards it has, and a question or rows for one of them.

A connection belongs to a thread. Of a shard's replicas the first that answers serves.
"""

import logging
import threading
from collections import namedtuple
from pathlib import Path
from time import monotonic
from urllib.parse import parse_qsl, urlsplit

from clickhouse_driver import Client
from clickhouse_driver.errors import Error, ServerException, SocketTimeoutError

from collector.errors import ActionError, Away
from collector.hosts import is_loopback

FORM = "clickhouses://USER@HOST:PORT,HOST:PORT/DATABASE?cluster=NAME&passfile=FILE"
PORTS = {"clickhouse": 9000, "clickhouses": 9440}
WORDS = {"cluster", "passfile", "ca"}
WAIT_S = {"connect_timeout": 5, "send_receive_timeout": 20, "sync_request_timeout": 5}

HOLD_S = 10  # a server that let somebody wait in vain is not asked again for so long: others would wait as well

# What a server says that cannot serve us now: too slow, too much at once, no way to others, read-only, full, too many
# parts; an unknown user or a wrong password
AWAY = frozenset((159, 164, 202, 209, 210, 241, 242, 243, 252, 279, 319, 192, 193, 194))

# secure: over TLS; hosts: [(host, port)] of those that are asked which others there are
Place = namedtuple("Place", ("secure", "user", "hosts", "database", "cluster", "passfile", "ca"))


def of_url(url):
    """The Place that a URL names. Raises ActionError when it is no good, without showing it."""
    found, words = urlsplit(url), dict(parse_qsl(urlsplit(url).query))
    user, _, where = found.netloc.rpartition("@")
    database = found.path.strip("/")
    if found.scheme not in PORTS or not (user and where and database.isidentifier()) or "cluster" not in words:
        raise ActionError(f"the setting clickhouse is no URL of a cluster; write {FORM}")
    if ":" in user or "password" in words:
        raise ActionError("the setting clickhouse holds a password, which others could see; write it to passfile=FILE")
    if unknown := words.keys() - WORDS:
        raise ActionError(f"the setting clickhouse says {min(unknown)}; it may say {', '.join(sorted(WORDS))}")
    hosts = [_host(text, PORTS[found.scheme]) for text in where.split(",")]
    secure = found.scheme == "clickhouses"
    for host, _port in hosts:
        if not secure and not is_loopback(host):
            raise ActionError(f"{host} is reached over a network, and clickhouse: is plain; write clickhouses:")
    return Place(secure, user, hosts, database, words["cluster"], words.get("passfile"), words.get("ca"))


def _host(text, usual_port):
    host, _, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", "")
    if port and not port.isdigit():
        raise ActionError(f"the setting clickhouse has no port in {text!r}; write HOST:PORT")
    return host.strip("[]"), int(port or usual_port)


class Cluster:
    """All shards of a Place."""

    def __init__(self, place):
        self.place = place
        self._mine = threading.local()
        self._password = _password(place.passfile)
        self._shards, self._held = None, {}  # held: {(host, port): until when it is not asked}
        logging.getLogger("clickhouse_driver").setLevel(logging.CRITICAL)  # what it would say, Away says in one line

    def shards(self):
        """{shard number: [(host, port)] of its replicas}. Raises Away, or ActionError where the name is unknown."""
        if self._shards is None:
            sql = "SELECT shard_num, host_name, port FROM system.clusters WHERE cluster = %(name)s"
            sql += " ORDER BY shard_num, replica_num"
            found = {}
            for number, host, port in self._first(self.place.hosts, "the cluster", sql, {"name": self.place.cluster}):
                found.setdefault(number, []).append((host, port))
                if not (self.place.secure or is_loopback(host)):
                    raise ActionError(
                        f"the cluster {self.place.cluster} has a server at {host}, which is reached over a network; "
                        "write clickhouses:, and name the secure ports under remote_servers"
                    )
            if not found:
                raise ActionError(f"ClickHouse knows no cluster {self.place.cluster!r}; name it under remote_servers")
            self._shards = found
        return self._shards

    def ask(self, shard, sql, parameters=None):
        """All rows of a question to one shard. Raises Away."""
        return self._first(self.shards()[shard], f"shard {shard}", sql, parameters or {})

    def fetch(self, shard, sql, parameters):
        """The same as lists side by side; none when there are no rows. Raises Away."""
        return self._first(self.shards()[shard], f"shard {shard}", sql, parameters, columnar=True)

    def put(self, shard, sql, columns):
        """Rows for one shard, as lists side by side. They are there when this returns. Raises Away."""
        self._first(self.shards()[shard], f"shard {shard}", sql, columns, columnar=True)

    def everywhere(self, sql, parameters=None):
        """What every server of the cluster answers to the same statement. Raises Away."""
        return [
            self._first([replica], f"shard {shard}", sql, parameters or {})
            for shard, replicas in self.shards().items()
            for replica in replicas
        ]

    def _first(self, servers, name, sql, parameters, **more):
        failures = []
        for server in servers:
            if monotonic() < self._held.get(server, 0):
                failures.append(f"{server[0]}:{server[1]} has just let somebody wait in vain")
                continue
            try:
                return self._client(server).execute(sql, parameters, **more)
            except (Error, OSError, EOFError) as error:
                self._forget(server)
                if isinstance(error, ServerException) and error.code not in AWAY:
                    raise
                if isinstance(error, (SocketTimeoutError, TimeoutError)):
                    self._held[server] = monotonic() + HOLD_S
                failures.append(f"{server[0]}:{server[1]} {_short(error)}")
        raise Away(f"{name} of ClickHouse does not serve: {'; '.join(failures)}")

    def _client(self, server):
        clients = self._mine.__dict__.setdefault("clients", {})
        if server not in clients:
            place = self.place
            clients[server] = Client(
                *server, database="default", user=place.user, password=self._password, secure=place.secure,
                ca_certs=place.ca, client_name="gantry", **WAIT_S,
            )  # fmt: skip
        return clients[server]

    def _forget(self, server):
        self._mine.clients.pop(server).disconnect()


def _password(passfile):
    if passfile is None:
        return ""
    try:
        return Path(passfile).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ActionError(f"the password of ClickHouse cannot be read: {error}; look at passfile") from error


def _short(error):
    return " ".join(str(error).split("Stack trace")[0].split())[:200]
