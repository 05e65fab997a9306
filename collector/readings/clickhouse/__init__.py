"""Readings on a ClickHouse cluster, for a city or a province: terminals spread over shards, and sums per hour."""

from collector.readings.clickhouse.cluster import Cluster, of_url
from collector.readings.clickhouse.store import ClickHouse


def at(url):
    """The store on the cluster of a URL. Raises ActionError when it is no good."""
    return ClickHouse(Cluster(of_url(url)))
