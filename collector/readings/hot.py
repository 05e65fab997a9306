"""What has come and is not sealed yet: found by the few batches that can hold it, never by a walk over everything."""

from collector import db
from collector.readings import blocks, chunk, columns
from collector.readings.chunk import HOUR_MS

_OF_TERMINAL = (
    "SELECT chunk.hour_no, chunk.batch_no, chunk.body FROM carried CROSS JOIN batch ON batch.carrier = carried.carrier "
    "CROSS JOIN chunk ON chunk.batch_no = batch.batch_no AND chunk.terminal_no = carried.terminal_no "
    "WHERE carried.terminal_no = ? AND batch.high_ms >= ? AND batch.low_ms < ?"
)


def of_terminal(terminal_no, from_ms, to_ms):
    """[(hour number, Columns)] of hours that overlap from_ms <= ts < to_ms. Call it inside a snapshot."""
    rows = [
        row
        for row in db.rows(_OF_TERMINAL, (terminal_no, from_ms, to_ms))
        if from_ms < (row[0] + 1) * HOUR_MS and row[0] * HOUR_MS < to_ms
    ]
    if not rows:
        return []
    hours = [row[0] for row in rows]
    through = blocks.through(terminal_no, min(hours), max(hours) + 1)
    return [
        (hour_no, columns.of_chunk(chunk.unpack(body)))
        for hour_no, batch_no, body in rows
        if batch_no > through.get(hour_no, 0)
    ]
