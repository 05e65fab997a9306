"""Readings of a span, thinned by the database to one point per step."""

from collections import namedtuple

from collector import db
from collector.readings.columns import known

Point = namedtuple("Point", ("ts_ms", "mean", "low", "high"))  # in the channel's unit


def series(terminal_id, channel, from_ms, to_ms, step_ms, low=None, high=None):
    """[Point] for from_ms <= ts < to_ms, at most one per step, none where nothing valid was measured.

    `low` and `high` name the channels that hold the extremes inside a window, when there are such.
    """
    mean, low, high = known(channel), known(low or channel), known(high or channel)
    sql = (
        f"SELECT CAST(avg(ts_ms) AS INTEGER), sum({mean} * windows) / sum(windows), min(coalesce({low}, {mean})), "
        f"max(coalesce({high}, {mean})) FROM reading "
        f"WHERE terminal_id = ? AND ts_ms >= ? AND ts_ms < ? AND {mean} IS NOT NULL "
        "GROUP BY (ts_ms - ?) / ? ORDER BY 1"
    )
    return [Point(*row) for row in db.rows(sql, (terminal_id, from_ms, to_ms, from_ms, step_ms))]
