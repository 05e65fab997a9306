"""The tables on the cluster, made and widened by `python -m collector migrate`.

reading: one row for each reading, a column for each channel in the channel's steps. hour: its sums, the newest `made`
counts. The same row twice is one: each table keeps one of those with the same key, now or at a later merge, and whoever
reads takes one. The tables `..._all` show all shards at once, for people.
"""

from collector.readings.columns import ABSENT, INVALID
from firmware.protocol.channels import CHANNELS

LEAST = -(2**63)
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
            cluster.ask(shard, sql)
        if missing:
            added.append(f"shard {shard}: {', '.join(channel.name for channel in missing)}")
    if added:
        for table in ("reading", "hour"):  # they hold nothing: what they show is made anew
            cluster.everywhere(f"DROP TABLE IF EXISTS {database}.{table}_all")
            cluster.everywhere(ALL.format(database=database, table=table, cluster=cluster.place.cluster))
    return added


def pending(cluster):
    """Whether `migrate` has something to do. Raises cluster.Away."""
    return any(_missing(cluster, shard) for shard in cluster.shards())


def _missing(cluster, shard):
    sql = "SELECT name FROM system.columns WHERE database = %(database)s AND table = 'reading'"
    there = {name for (name,) in cluster.ask(shard, sql, {"database": cluster.place.database})}
    return [channel for channel in CHANNELS if column_of(channel) not in there]


def _engine(name, database, version, replicated):
    if replicated:
        path = f"'/clickhouse/tables/{{shard}}/{database}/{name}', '{{replica}}'"
        return f"ReplicatedReplacingMergeTree({path}{version and ', '}{version})"
    return f"ReplacingMergeTree({version})"
