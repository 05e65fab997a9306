"""The channel columns of the wide table: one per line of CHANNELS, absent is NULL, invalid is NULL and a bit."""

from collector import db
from collector.errors import ActionError
from firmware.protocol.channels import BY_NAME, CHANNELS

HEAD = ("terminal_id", "ts_ms", "seq", "from_seq", "windows", "flags", "invalid")
NAMES = tuple(channel.name for channel in CHANNELS)
BIT = {channel.name: 1 << (channel.id - 1) for channel in CHANNELS}  # in the column `invalid`


def missing_channels():
    """The channels of the table that have no column yet."""
    there = {row[1] for row in db.rows("PRAGMA table_info(reading)")}
    return [name for name in NAMES if name not in there]


def add_channels():
    """Give every channel its column; the channels that got one now."""
    missing = missing_channels()
    for name in missing:
        db.database.execute_sql(f"ALTER TABLE reading ADD COLUMN {name} REAL")
    return missing


def require_current_database(data_dir):
    """Raises ActionError with the command to run when the database is older than this program."""
    missing = db.pending() or missing_channels()
    if missing:
        command = f"python -m collector --data {data_dir} migrate"
        raise ActionError(f"the database in {data_dir} lacks {', '.join(missing)}; run `{command}`")


def known(name):
    """A channel's name, safe to stand in a statement. Raises KeyError for any other text."""
    return BY_NAME[name].name
