"""Sealed readings: a block for each terminal and hour, and one for each day once it is over."""

from collections import namedtuple

from collector import db
from collector.readings import sealed

DAY = 24  # hours of a block of a day; days are of UTC
BITS = 24  # of an hour's number inside a block's

Kept = namedtuple("Kept", ("hour_no", "hours", "through", "body"))  # through: the last batch it holds

_WITHIN = "SELECT block_no, hours, through{} FROM block WHERE block_no > ? AND block_no < ? ORDER BY block_no"
_PUT = (
    "INSERT INTO block (block_no, hours, through, body) VALUES (?, ?, ?, ?) ON CONFLICT (block_no) "
    "DO UPDATE SET hours = excluded.hours, through = excluded.through, body = excluded.body"
)


def block_no(terminal_no, hour_no):
    """The number of a block: those of one terminal lie side by side, in the order of time."""
    return (terminal_no << BITS) + hour_no


def within(terminal_no, first_hour, last_hour):
    """[Kept] that overlap first_hour <= hour < last_hour, in the order of time."""
    return _kept(", body", terminal_no, first_hour, last_hour)


def through(terminal_no, first_hour, last_hour):
    """{hour number: the last batch that its block holds} of the hours that have one."""
    return through_of(_kept(", NULL", terminal_no, first_hour, last_hour))


def through_of(kept):
    """The same of Kept ones."""
    return {one.hour_no + n: one.through for one in kept for n in range(one.hours)}


def _kept(body, terminal_no, first_hour, last_hour):
    first_hour, last_hour = max(first_hour, DAY), min(last_hour, (1 << BITS) - 1)
    rows = db.rows(_WITHIN.format(body), (block_no(terminal_no, first_hour - DAY), block_no(terminal_no, last_hour)))
    kept = (Kept(number & (1 << BITS) - 1, *rest) for number, *rest in rows)
    return [one for one in kept if one.hour_no + one.hours > first_hour]


def unsealed(terminal_no, kept, channel_ids=None):
    """The Columns of a Kept one. Raises sealed.Damaged with the number of terminal and hour."""
    try:
        return sealed.unseal(kept.body, channel_ids)
    except sealed.Damaged as error:
        raise sealed.Damaged(f"the block of terminal {terminal_no}, hour {kept.hour_no}: {error}") from None


def put(terminal_no, hour_no, hours, last_batch, body):
    """Keep sealed bytes as the block of these hours. Call it inside a transaction."""
    db.write_many(_PUT, [(block_no(terminal_no, hour_no), hours, last_batch, body)])


def single_hours():
    """[(terminal number, hour number)] of the blocks of one hour."""
    rows = db.rows("SELECT block_no FROM block WHERE hours = 1 ORDER BY block_no")
    return [(number >> BITS, number & (1 << BITS) - 1) for (number,) in rows]


def drop(terminal_no, hours):
    """Forget the blocks that begin at these hours. Call it inside a transaction."""
    db.write_many("DELETE FROM block WHERE block_no = ?", [(block_no(terminal_no, hour_no),) for hour_no in hours])


def retire(hour_no):
    """Forget the blocks of all terminals that end before an hour. How many. Call it inside a transaction."""
    return db.change(f"DELETE FROM block WHERE (block_no & {(1 << BITS) - 1}) + hours <= ?", (hour_no,))


def set_aside(terminal_no, kept, error):
    """Take a damaged block out of the way and keep its bytes with what is wrong. Call it inside a transaction."""
    sql = "INSERT INTO damaged (block_no, hours, error, body) VALUES (?, ?, ?, ?)"
    db.write_many(sql, [(block_no(terminal_no, kept.hour_no), kept.hours, error, kept.body)])
    drop(terminal_no, [kept.hour_no])


def set_aside_hours(terminal_no, first_hour, last_hour):
    """Those of first_hour <= hour < last_hour of which a damaged block was set aside, a set."""
    sql = "SELECT DISTINCT block_no, hours FROM damaged WHERE block_no > ? AND block_no < ?"
    span = (block_no(terminal_no, first_hour - DAY), block_no(terminal_no, last_hour))
    places = [(number & (1 << BITS) - 1, hours) for number, hours in db.rows(sql, span)]
    return {hour for first, hours in places for hour in range(first, first + hours)}
