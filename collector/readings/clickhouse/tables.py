"""The tables on the cluster, made and widened by `python -m collector migrate`.

reading: one row for each reading, a column for each channel in the channel's steps. hour: its sums, the newest `made`
counts. The same row twice is one: each table keeps one of those with the same key, now or at a later merge, and whoever
reads takes one. The tables `..._all` show all shards at once, for people.
"""

from functools import partial
from time import monotonic, sleep

from clickhouse_driver.errors import ServerException

from collector.errors import Away
from collector.readings.columns import ABSENT, INVALID
from firmware.protocol.channels import CHANNELS

LEAST = -(2**63)
UNFINISHED = 341  # a server's word: a replica is to be widened yet
REPLICAS_WAIT_S = 60
SAID = {ABSENT: LEAST, INVALID: LEAST + 1}  # what stands in a channel's column instead of a number of steps

READING = """CREATE TABLE IF NOT EXISTS {database}.reading (terminal_id String, ts_ms Int64, seq Int64, behind Int64,
    windows Int64, flags Int64) ENGINE = {engine} PARTITION BY toYYYYMM(toDateTime(intDiv(ts_ms, 1000), 'UTC'))
    ORDER BY (terminal_id, ts_ms, seq)"""
HOUR = """CREATE TABLE IF NOT EXISTS {database}.hour (terminal_id String, channel UInt16, hour_no Int64, n Int64,
    low Int64, high Int64, total Int64, made Int64) ENGINE = {engine} PARTITION BY intDiv(hour_no, 8784)
    ORDER BY (terminal_id, channel, hour_no)"""
ALL = """CREATE TABLE {database}.{table}_all AS {database}.{table}
    ENGINE = Distributed({cluster}, {database}, {table}, cityHash64(terminal_id))"""


def column_of(channel):
    """The name of a channel's column."""
    return f"{channel.name}_steps"


def migrate(cluster):
    """Make what is missing on every server. What was added, in words. Raises cluster.Away."""
    database, added = cluster.place.database, []
    replicated = any(len(replicas) > 1 for replicas in cluster.shards().values())
    cluster.everywhere(f"CREATE DATABASE IF NOT EXISTS {database}")
    for name, table, version in (("reading", READING, ""), ("hour", HOUR, "made")):
        cluster.everywhere(table.format(database=database, engine=_engine(name, database, version, replicated)))
    for shard in cluster.shards():
        missing = _missing(cluster, shard)
        for channel in missing:
            sql = f"ALTER TABLE {database}.reading ADD COLUMN {column_of(channel)} Int64 DEFAULT {LEAST}"
            _widen(cluster, shard, sql)
        if missing:
            added.append(f"shard {shard}: {', '.join(channel.name for channel in missing)}")
    if added:
        _wait_for_replicas(cluster)
        for table in ("reading", "hour"):  # they hold nothing: what they show is made anew
            cluster.everywhere(f"DROP TABLE IF EXISTS {database}.{table}_all")
            cluster.everywhere(ALL.format(database=database, table=table, cluster=cluster.place.cluster))
    return added


def _widen(cluster, shard, sql):
    try:
        cluster.ask(shard, sql)
    except ServerException as error:
        if error.code != UNFINISHED:  # else a replica that has just come back does it a moment later
            raise


def _wait_for_replicas(cluster):
    """Until every server has every column. Raises cluster.Away."""
    asked, least = monotonic(), set(map(column_of, CHANNELS))
    while not all(least <= {name for (name,) in found} for found in _columns(cluster.everywhere, cluster)):
        if monotonic() > asked + REPLICAS_WAIT_S:
            raise Away(
                "a replica of ClickHouse has not taken the new columns over; look at its log, then migrate again"
            )
        sleep(0.1)


def pending(cluster):
    """Whether `migrate` has something to do. Raises cluster.Away."""
    return any(_missing(cluster, shard) for shard in cluster.shards())


def _missing(cluster, shard):
    there = {name for (name,) in _columns(partial(cluster.ask, shard), cluster)}
    return [channel for channel in CHANNELS if column_of(channel) not in there]


def _columns(ask, cluster):
    sql = "SELECT name FROM system.columns WHERE database = %(database)s AND table = 'reading'"
    return ask(sql, {"database": cluster.place.database})


def _engine(name, database, version, replicated):
    if replicated:
        path = f"'/clickhouse/tables/{{shard}}/{database}/{name}', '{{replica}}'"
        return f"ReplicatedReplacingMergeTree({path}{version and ', '}{version})"
    return f"ReplacingMergeTree({version})"
