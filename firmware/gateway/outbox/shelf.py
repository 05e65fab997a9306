"""The readings that wait, as rows of the outbox file: laid down, looked at, taken away. Inside a transaction."""

import msgspec

from firmware.gateway.outbox.schema import Unsound, insert
from firmware.processing import intervals
from firmware.protocol.channels import BY_NAME
from firmware.protocol.frame import Reading
from firmware.protocol.measured import AGGREGATED
from firmware.protocol.received import span_of

LIVE, LATE, HELD = 0, 1, 2  # lanes: of now; of some time ago; not to be sent before the pipeline lets it go
AMONG = "id IN (SELECT value FROM json_each(CAST(? AS TEXT)))"
LATE_MS = 120_000  # older readings are back-fill
_encode = msgspec.json.Encoder().encode
_values = msgspec.json.Decoder(dict[str, float | None]).decode


class Shelf:
    """Rows are pairs (id, Reading), in order of their ids. `count`: how many wait, held ones included."""

    def __init__(self, database):
        self._database = database
        self.recount()

    def recount(self):
        """Count anew: after a transaction that was taken back."""
        (self.count,) = self._database.execute("SELECT count(*) FROM readings").fetchone()

    def lay(self, readings, now_ms, held):
        """Keep readings; those of the terminals in `held` in that lane."""
        lanes = [HELD if one[0] in held else lane_at(one, now_ms) for one in readings]
        rows = [
            (terminal_id, seq, ts_ms, flags, _encode(values).decode(), windows, lane)
            for (terminal_id, ts_ms, seq, values, flags, windows), lane in zip(readings, lanes, strict=True)
        ]
        insert(self._database, "INTO readings (terminal_id, seq, ts_ms, flags, channels, windows, lane)", rows)
        self.count += len(readings)

    def fold(self, move, lane):
        """A Move: its reading takes the place of its rows."""
        *others, number = move.ids
        self.remove(others)
        one = move.reading
        self._database.execute(
            "UPDATE readings SET ts_ms = ?, flags = ?, channels = ?, windows = ?, lane = ? WHERE id = ?",
            (one.ts_ms, one.flags, _encode(one.values).decode(), one.windows, lane, number),
        )

    def remove(self, numbers):
        """Take rows away by id."""
        gone = self._database.execute(f"DELETE FROM readings WHERE {AMONG}", (_encode(list(numbers)),))
        self.count -= gone.rowcount

    def these(self, numbers, most):
        """The first `most` rows of these ids."""
        return self._rows(f"{AMONG} ORDER BY id LIMIT ?", _encode(list(numbers)), most) if numbers else []

    def oldest(self, most, after=0):
        """The first rows that may be sent."""
        return self._rows("id > ? AND lane < 2 ORDER BY id LIMIT ?", after, most)

    def pick(self, most, offered):
        """Rows to send: first those that were `offered` already, then the rest from both ends: half of it the newest
        of now, half the oldest."""
        rows = self.these(offered, most)
        room, live = most - len(rows), {}
        if room and self.count - len(offered) > room:
            newest = self._rows("lane = 0 ORDER BY id DESC LIMIT ?", room // 2 + len(offered))
            live = dict([row for row in newest if row[0] not in offered][: room // 2])
        if room:
            oldest = self.oldest(room + len(offered))
            rows += [row for row in oldest if row[0] not in offered and row[0] not in live][: room - len(live)]
        return sorted([*rows, *live.items()])

    def held(self, terminal_id):
        """What is held of a terminal, in order of the numbers."""
        return self._rows("lane = 2 AND terminal_id = ? ORDER BY seq", terminal_id)

    def held_firsts(self):
        """[(terminal id, id of the first row held)]."""
        return self._database.execute(
            "SELECT terminal_id, min(id) FROM readings WHERE lane = 2 GROUP BY terminal_id"
        ).fetchall()

    def _rows(self, where, *given):
        ask = f"SELECT id, terminal_id, ts_ms, seq, channels, flags, windows FROM readings WHERE {where}"
        return [(row[0], reading_of(*row)) for row in self._database.execute(ask, given)]


def reading_of(number, terminal_id, ts_ms, seq, channels, flags, windows):
    """The Reading of a row. Raises Unsound for one that this program has not written."""
    try:
        values = _values(channels)
    except (msgspec.MsgspecError, UnicodeError, TypeError, RecursionError) as error:
        raise Unsound(f"reading {number} is none") from error
    sound = BY_NAME.keys() >= values.keys() and type(terminal_id) is str
    if not (sound and type(ts_ms) is type(seq) is type(flags) is type(windows) is int and 0 < windows <= seq):
        raise Unsound(f"reading {number} is none")
    return Reading(terminal_id, ts_ms, seq, values, flags, windows)


def lane_at(reading, now_ms):
    """The lane of a reading that may be sent."""
    return LATE if reading.ts_ms < now_ms - LATE_MS else LIVE


def pieces(reading, taken):
    """What of a reading is not in merged intervals `taken`: [Reading].

    A part of an aggregated reading has its values, and of its charge the share of its windows.
    """
    first, last = span_of(reading)
    if not taken or first > taken[-1][1]:
        return [reading]
    new = intervals.without([(first, last)], taken)
    return [reading] if new == [(first, last)] else [_part(reading, *pair) for pair in new]


def _part(reading, first, last):
    windows, values = last - first + 1, dict(reading.values)
    if values.get("charge_as") is not None:
        values["charge_as"] *= windows / reading.windows
    return reading._replace(seq=last, windows=windows, values=values, flags=reading.flags | AGGREGATED)
