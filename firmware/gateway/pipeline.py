"""What is checked of a reading before it is kept, and by which rule its terminal's readings are thinned. No I/O.

Nothing is dropped here, neighbours are unharmed.
"""

from firmware.gateway.errors import GatewayError
from firmware.gateway.thinning import NEUTRAL, Rule
from firmware.protocol.channels import BY_NAME, OUT_OF_RANGE

FIRST_MS = 1_577_836_800_000  # 2020-01-01 UTC
AHEAD_MS = 86_400_000
RANGES = {name: (channel.low, channel.high) for name, channel in BY_NAME.items()}
NOWHERE = (1, 0)  # the range of a channel that is not in the table
TABLES = {"deadband": "bands", "spike": "leaps"}  # settings by channel, and what they are in a Rule


def check(reading, now_ms):
    """(the reading as it is to be kept, codes of what was wrong with it). `now_ms`: a proved time, or None."""
    bad, unknown = [], []
    for name, value in reading.values.items():
        low, high = RANGES.get(name, NOWHERE)
        if low > high:
            unknown.append(name)
        elif value is not None and not low <= value <= high:  # not a number is in no range
            bad.append(name)
    codes = ["value_out_of_range"] * len(bad) + ["channel_unknown"] * len(unknown)
    if not time_plausible(reading.ts_ms, now_ms):
        codes.append("time_implausible")
    if bad or unknown:
        kept = {name: value for name, value in reading.values.items() if name not in unknown}
        flags = reading.flags | OUT_OF_RANGE if bad else reading.flags
        reading = reading._replace(values={**kept, **dict.fromkeys(bad)}, flags=flags)
    return reading, codes


def time_plausible(ts_ms, now_ms):
    """Whether an instant can be a reading's: not before 2020, not more than a day ahead of a proved clock."""
    return ts_ms >= FIRST_MS and (now_ms is None or ts_ms <= now_ms + AHEAD_MS)


class Rules:
    """The Rule of each terminal, from the settings under `pipeline`. Raises GatewayError for what cannot be."""

    def __init__(self, settings):
        names = ("windows", "heartbeat_s", *TABLES)
        general = {name: settings[f"pipeline.{name}"] for name in names}
        self._general = _rule("pipeline", general)
        self._own = {}
        for terminal_id, own in settings["pipeline.terminal"].items():
            where = f"pipeline.terminal.{terminal_id}"
            if not isinstance(own, dict) or not own.keys() <= set(names):
                raise GatewayError(f"{where} is {own!r}; write a table with some of {', '.join(names)}")
            self._own[terminal_id] = _rule(where, {**general, **own})

    def of(self, terminal_id):
        """The Rule, or None when its readings go as they come."""
        return self._own.get(terminal_id, self._general)


def _rule(where, given):
    windows, heartbeat_s = given["windows"], given["heartbeat_s"]
    if type(windows) is not int or windows < 1:
        raise GatewayError(f"{where}.windows is {windows!r}; write a whole number above 0, 1 for no folding")
    if type(heartbeat_s) not in (int, float) or not heartbeat_s > 0:
        raise GatewayError(f"{where}.heartbeat_s is {heartbeat_s!r}; write seconds above 0")
    tables = {field: _by_channel(f"{where}.{name}", given[name]) for name, field in TABLES.items()}
    if windows > 1 and tables["bands"]:
        raise GatewayError(f"{where} has windows = {windows} and a deadband; leave one of them out")
    rule = Rule(windows=windows, heartbeat_ms=int(heartbeat_s * 1000), **tables)
    return rule if rule._replace(heartbeat_ms=NEUTRAL.heartbeat_ms) != NEUTRAL else None


def _by_channel(where, table):
    if not isinstance(table, dict):
        raise GatewayError(f"{where} is {table!r}; write a table of channels")
    for name, value in table.items():
        if name not in BY_NAME:
            raise GatewayError(f"{where} names {name!r}, which is no channel; docs/interfaces.md lists them")
        if type(value) not in (int, float) or not value > 0:
            raise GatewayError(f"{where}.{name} is {value!r}; write a number of {BY_NAME[name].unit} above 0")
    return {name: float(value) for name, value in table.items()}
