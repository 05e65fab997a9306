"""What comes goes to its terminal's shard at once; sums of closed hours are made from all of it.

Rows are on the cluster before the register says that their numbers are stored. Was the transaction cut in between, they
come again and are the same rows. An hour that readings came for is noted in the register until its sums are made anew,
from readings of which each counts once, and put in place of the old: nothing is ever added up.
"""

import os
from contextvars import ContextVar

import numpy as np

from collector import db
from collector.readings import columns, following, rollup
from collector.readings.arrival import ends_of
from collector.readings.clickhouse import tables
from collector.readings.clickhouse.homes import homes_of, settled
from collector.readings.clickhouse.tables import SAID, column_of
from collector.readings.columns import ABSENT, BY_ID, HEADS, INVALID, VALID
from collector.readings.incoming import HOUR_MS
from collector.readings.latest import latest
from collector.readings.sources import ids_of, numbered, numbers_of
from firmware.protocol.channels import BY_NAME

GRACE_MS = 600_000  # an hour is closed so long after its end
AT_ONCE = 200  # terminals whose hour is fetched in one question

_NOTE = (
    "INSERT INTO touched (terminal_no, hour_no, mark) VALUES (?, ?, ?) "
    "ON CONFLICT (terminal_no, hour_no) DO UPDATE SET mark = excluded.mark"
)
_SUMS = (
    "SELECT hour_no, argMax(n, made), argMax(low, made), argMax(high, made), argMax(total, made) FROM {}.hour "
    "WHERE terminal_id = %(terminal)s AND channel = %(channel)s AND hour_no >= %(first)s AND hour_no < %(last)s "
    "GROUP BY hour_no ORDER BY hour_no"
)

_ahead = ContextVar("ahead", default=frozenset())  # (terminal number, seq) of what this request put there ahead


class ClickHouse:
    """The readings of a Cluster."""

    elsewhere = True

    def __init__(self, cluster):
        self.cluster = cluster

    def pending(self):
        """Whether the tables are older than this program. Raises Away."""
        return tables.pending(self.cluster)

    def migrate(self):
        """What was added to the tables, in words. Raises Away."""
        return tables.migrate(self.cluster)

    def ahead(self, arrivals):
        """Put Arrivals on their shards, so that a slow one holds up nobody who waits to write. Raises Away."""
        arrivals = [arrival for arrival in arrivals if arrival.terminal_ids]
        names = sorted({name for arrival in arrivals for name in arrival.terminal_ids})
        if not names:
            return
        numbers = numbers_of(names)
        homes = homes_of(list(numbers.values()))
        if len(homes) < len(names):
            with db.write():
                numbers = numbered(names)
                homes = settled(sorted(numbers.values()), list(self.cluster.shards()))
        pairs = [([numbers[name] for name in arrival.terminal_ids], arrival) for arrival in arrivals]
        self._put(pairs, homes)
        _ahead.set({key for owners, found in map(_flat, pairs) for key in _keys(owners, found)})

    def keep(self, pairs, carrier):
        """Take over freshly stored (terminal numbers, Arrival) pairs. Call it inside a transaction. Raises Away."""
        ahead = _ahead.get()
        if any(key not in ahead for owners, found in map(_flat, pairs) for key in _keys(owners, found)):
            numbers = sorted({number for some, _arrival in pairs for number in some})
            self._put(pairs, settled(numbers, list(self.cluster.shards())))
        self._note(pairs)
        following.keep(pairs, carrier)

    def keep_outside(self, pairs):
        """The same outside a transaction, for what the register knows already. Raises Away."""
        numbers = sorted({number for some, _arrival in pairs for number in some})
        with db.write():
            self._note(pairs)
        self._put(pairs, homes_of(numbers))

    def _note(self, pairs):
        """Remember the hours whose sums are to be made."""
        mark, touched = int.from_bytes(os.urandom(6), "big"), set()
        for owners, found in map(_flat, pairs):
            touched.update(zip(owners.tolist(), (found.ts_ms // HOUR_MS).tolist(), strict=True))
        db.write_many(_NOTE, [(number, hour_no, mark) for number, hour_no in sorted(touched)])

    def _put(self, pairs, homes):
        owners = np.concatenate([_flat(pair)[0] for pair in pairs])
        found = columns.joined([arrival.columns for _numbers, arrival in pairs])
        names = {number: name for some, one in pairs for number, name in zip(some, one.terminal_ids, strict=True)}
        shards = np.array([homes[number] for number in owners.tolist()])
        for shard in np.unique(shards).tolist():
            rows = shards == shard
            self._put_on(shard, [names[number] for number in owners[rows].tolist()], columns.picked(found, rows))

    def _put_on(self, shard, terminal_ids, found):
        names = ["terminal_id", *HEADS, *(column_of(BY_ID[channel_id]) for channel_id in found.steps)]
        values = [terminal_ids, *(getattr(found, name).tolist() for name in HEADS)]
        for channel_id, steps in found.steps.items():
            states = columns.states_of(found, channel_id)
            steps = np.where(states == ABSENT, SAID[ABSENT], np.where(states == INVALID, SAID[INVALID], steps))
            values.append(steps.tolist())
        sql = f"INSERT INTO {self.cluster.place.database}.reading ({', '.join(names)}) VALUES"
        self.cluster.put(shard, sql, values)

    def within(self, terminal_no, channel_ids, from_ms, to_ms):
        """Columns of a terminal's readings with from_ms <= ts < to_ms in the order of time, or None. Raises Away."""
        shard, name = homes_of([terminal_no]).get(terminal_no), ids_of([terminal_no])[terminal_no]
        if shard is None:
            return None
        return self._fetched(shard, [name], channel_ids, from_ms, to_ms).get(name)

    def _fetched(self, shard, terminal_ids, channel_ids, from_ms, to_ms):
        """{terminal id: Columns in the order of time, each reading once}."""
        names = ["terminal_id", *HEADS, *(column_of(BY_ID[channel_id]) for channel_id in channel_ids)]
        sql = (
            f"SELECT {', '.join(names)} FROM {self.cluster.place.database}.reading WHERE terminal_id IN %(terminals)s "
            "AND ts_ms >= %(from_ms)s AND ts_ms < %(to_ms)s ORDER BY terminal_id, ts_ms, seq"
        )
        words = {"terminals": tuple(terminal_ids), "from_ms": from_ms, "to_ms": to_ms}
        found = self.cluster.fetch(shard, sql, words)
        if not found:
            return {}
        owners, *values = found
        cuts = [at for at in range(1, len(owners)) if owners[at] != owners[at - 1]]
        arrays = [np.split(np.array(one, np.int64), cuts) for one in values]
        firsts = [0, *cuts]
        return {
            owners[first]: _once(_columns([one[at] for one in arrays], channel_ids)) for at, first in enumerate(firsts)
        }

    def sums(self, terminal_no, channel_id, first, last):
        """(hour numbers, array of rollup.FIELDS) of first <= hour < last, in the order of time. Raises Away."""
        sql = "SELECT hour_no FROM touched WHERE terminal_no = ? AND hour_no >= ? AND hour_no < ? ORDER BY hour_no"
        touched = [hour_no for (hour_no,) in db.rows(sql, (terminal_no, first, last))]
        shard = homes_of([terminal_no]).get(terminal_no)
        if shard is None:
            return rollup.in_order({})
        words = {"terminal": ids_of([terminal_no])[terminal_no], "channel": channel_id, "first": first, "last": last}
        found = {row[0]: row[1:] for row in self.cluster.ask(shard, _SUMS.format(self.cluster.place.database), words)}
        if touched:
            fresh = self.within(terminal_no, [channel_id], touched[0] * HOUR_MS, (touched[-1] + 1) * HOUR_MS)
            hours = [] if fresh is None else fresh.ts_ms // HOUR_MS
            for hour_no in touched:
                found.pop(hour_no, None)
                sums = None if fresh is None else rollup.of_columns(columns.picked(fresh, hours == hour_no))
                if sums and channel_id in sums:
                    found[hour_no] = sums[channel_id]
        return rollup.in_order(found)

    def whole(self, terminal_no):
        """([Columns without channels] of all there is of a terminal, what is damaged of it in words). Raises Away."""
        found = self.within(terminal_no, (), 0, 2**50)
        return [] if found is None else [found], []

    def seal(self, now_ms, _rests=0.0):
        """Let go of uploads that were kept for followers alone, then `sum_up`. Raises Away.

        The work is the servers'; nobody here has to rest.
        """
        with db.write():
            following.drop_passed()
        return self.sum_up(now_ms)

    def sum_up(self, now_ms):
        """Make the sums of closed hours that readings came for. How many readings they were made of. Raises Away."""
        sql = "SELECT hour_no, terminal_no, mark FROM touched WHERE hour_no < ? ORDER BY hour_no, terminal_no"
        hours = {}
        for hour_no, terminal_no, mark in db.rows(sql, ((now_ms - GRACE_MS) // HOUR_MS,)):
            hours.setdefault(hour_no, {})[terminal_no] = mark
        return sum(self._seal_hour(hour_no, marks) for hour_no, marks in hours.items())

    def _seal_hour(self, hour_no, marks):
        homes, count = homes_of(list(marks)), 0
        with db.write():
            made = db.insert("INSERT INTO remade (hour_no) VALUES (?)", (hour_no,))
            db.change("DELETE FROM remade WHERE number < ?", (made,))
        for shard in sorted(set(homes.values())):
            mine = [number for number in marks if homes[number] == shard]
            for at in range(0, len(mine), AT_ONCE):
                count += self._seal_some(shard, mine[at : at + AT_ONCE], hour_no, made)
        with db.write():
            gone = "DELETE FROM touched WHERE terminal_no = ? AND hour_no = ? AND mark = ?"  # not what came meanwhile
            db.write_many(gone, [(number, hour_no, mark) for number, mark in marks.items()])
        return count

    def _seal_some(self, shard, terminal_numbers, hour_no, made):
        terminal_ids = list(ids_of(terminal_numbers).values())
        measured = sorted({BY_NAME[one.channel].id for one in latest(terminal_ids)})
        found = self._fetched(shard, terminal_ids, measured, hour_no * HOUR_MS, (hour_no + 1) * HOUR_MS)
        rows = [
            (terminal_id, channel_id, hour_no, *sums, made)
            for terminal_id, one in found.items()
            for channel_id, sums in rollup.of_columns(one).items()
        ]
        if rows:
            self._put_hours(shard, rows)
        return sum(len(one.seq) for one in found.values())

    def put_sums(self, terminal_no, channel_id, rows):
        """Keep (hour number, n, low, high, total) rows of hours that have no readings any more. Raises Away."""
        name = ids_of([terminal_no])[terminal_no]
        self._put_hours(homes_of([terminal_no])[terminal_no], [(name, channel_id, *row, 0) for row in rows])

    def _put_hours(self, shard, rows):
        names = "terminal_id, channel, hour_no, n, low, high, total, made"
        sql = f"INSERT INTO {self.cluster.place.database}.hour ({names}) VALUES"
        self.cluster.put(shard, sql, [list(column) for column in zip(*rows, strict=True)])

    def retire(self, before_ms):
        """Forget the months that end before an instant; the sums of their hours stay. How many months. Raises Away."""
        database, gone = self.cluster.place.database, set()
        sql = (
            "SELECT DISTINCT partition FROM system.parts WHERE database = %(database)s AND table = 'reading' "
            "AND active AND partition < toString(toYYYYMM(toDateTime(intDiv(%(before_ms)s, 1000), 'UTC')))"
        )
        for shard in self.cluster.shards():
            for (month,) in self.cluster.ask(shard, sql, {"database": database, "before_ms": before_ms}):
                self.cluster.ask(shard, f"ALTER TABLE {database}.reading DROP PARTITION {month}")
                gone.add(month)
        return len(gone)


def _flat(pair):
    """(terminal number of each row, Columns) of (terminal numbers, Arrival)."""
    numbers, arrival = pair
    return np.repeat(numbers, ends_of(arrival) - arrival.starts), arrival.columns


def _keys(owners, found):
    return zip(owners.tolist(), found.seq.tolist(), strict=True)


def _columns(arrays, channel_ids):
    heads, values = dict(zip(HEADS, arrays, strict=False)), arrays[len(HEADS) :]
    steps, states = {}, {}
    for channel_id, array in zip(channel_ids, values, strict=True):
        state = np.where(array == SAID[ABSENT], ABSENT, np.where(array == SAID[INVALID], INVALID, VALID))
        if (state == ABSENT).all():
            continue
        steps[channel_id] = np.where(state == VALID, array, 0)
        if state.any():
            states[channel_id] = state.astype(np.uint8)
    return columns.Columns(**heads, steps=steps, states=states)


def _once(found):
    """Of rows that are the same reading, in order, the first."""
    same = (found.ts_ms[1:] == found.ts_ms[:-1]) & (found.seq[1:] == found.seq[:-1])
    return columns.picked(found, np.concatenate(([True], ~same))) if same.any() else found
