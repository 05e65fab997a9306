"""What a person sees of a gateway: the disk and what runs, as one table for the page, the metrics and `status`."""

from collections import namedtuple

from firmware.gateway import commands
from firmware.gateway.identity import read_identity
from firmware.gateway.outbox import look
from firmware.gateway.south.peers import read_peers
from firmware.gateway.terminals import KeyTable

Sight = namedtuple("Sight", ("gateway_id", "live", "outbox", "rows", "plain"))
# live: what Gateway.seen says, or None while it does not run; outbox: a State; rows: [Row]; plain: [Peer]

Row = namedtuple(
    "Row", ("terminal_id", "kind", "here", "heard_ms", "newest_seq", "waiting", "commands", "said", "said_ms", "latest")
)
# kind: terminal, source, or foreign (not assigned any more); here: None while nobody knows
# said: what it says of itself, {} if nothing; latest: {"ts_ms", "values"} or None

WAITED_S = 600  # from then on the way to the collector needs somebody
SILENT_MS = 600_000
HEAP_LEAST = 8_000  # bytes
SIGNAL_LEAST = -80  # dBm
LOST = {"outbox_full": "lost", "outbox_damaged": "damaged"}  # code of a total, and what it is in page_words.NEEDS
ATTACKS = ("proof_wrong", "seal_wrong", "counter_replayed", "terminal_mismatch", "gateway_foreign", "flood_barred")


def sight(settings, live):
    """The Sight of a gateway. Raises GatewayError when there is nothing to be seen."""
    state = settings["state"]
    gateway_id = read_identity(state).gateway_id
    keys, heard = KeyTable(state, gateway_id), look.heard(state)
    statuses, waiting = commands.look(state)
    peers = read_peers(settings["sources.file"])
    sources, live_of = {peer.source_id for peer in peers}, live or {}
    rows = []
    for name in sorted({*keys.ids(), *heard, *statuses, *sources}):
        heard_ms, newest_seq, readings = heard.get(name, (None, None, 0))
        said_ms, said = statuses.get(name, (None, {}))
        kind = "source" if name in sources else "terminal" if keys.get(name) else "foreign"
        here = None if live is None or kind == "source" else name in live["here"]
        latest = live_of.get("latest", {}).get(name)
        row = (name, kind, here, heard_ms, newest_seq, readings, waiting.get(name, 0), said, said_ms, latest)
        rows.append(Row(*row))
    return Sight(gateway_id, live, look.look(state), rows, [peer for peer in peers if peer.plain])


def needs(seen, now_ms):
    """[(what, about whom, how much)] that a person should look after, worst first; keys of page_words.NEEDS."""
    outbox, live, found = seen.outbox, seen.live, []
    if live is None:
        found.append(("not_running", seen.gateway_id, None))
    if live and live["silent_s"] > WAITED_S:  # not by the age of what waits: back-fill under way is old, and goes
        found.append(("collector_silent", live["silent_s"] // 60, outbox.waiting))
    if live and not live["clock_proved"]:
        found.append(("clock_unproved", None, None))
    if outbox.set_aside:
        found.append(("set_aside", None, outbox.set_aside))
    found += [("kept_out", peer, seconds) for peer, seconds in (live or {}).get("kept_out", {}).items()]
    found += [(LOST[code], name, count) for _where, name, code, count in outbox.refusals if code in LOST]
    for row in seen.rows:
        found += _needs_of(row, now_ms)
    found += [
        ("attack", f"{name or '-'} {code}", count) for _w, name, code, count in outbox.refusals if code in ATTACKS
    ]
    return found + [("plain", peer.source_id, None) for peer in seen.plain]


def _needs_of(row, now_ms):
    if row.kind == "foreign":
        return
    if row.heard_ms is None:
        yield "never_heard", row.terminal_id, None
    elif row.here is False or now_ms - row.heard_ms > SILENT_MS:
        yield "silent", row.terminal_id, (now_ms - row.heard_ms) // 60_000
    if _below(row.said.get("heap_free"), HEAP_LEAST):
        yield "heap_low", row.terminal_id, row.said["heap_free"]
    if _below(row.said.get("rssi_dbm"), SIGNAL_LEAST):
        yield "signal_low", row.terminal_id, row.said["rssi_dbm"]
    if row.latest and None in row.latest["values"].values():
        bad = ", ".join(name for name, value in row.latest["values"].items() if value is None)
        yield "invalid", f"{row.terminal_id} {bad}", None


def _below(value, least):
    return type(value) in (int, float) and value < least


def depth(said):
    """How many readings a terminal keeps, as it says; None when it does not say."""
    outbox = said.get("outbox")
    return outbox.get("memory") if isinstance(outbox, dict) else None


def refused(said):
    """How much a terminal refused, as it says; None when it does not say."""
    counts = said.get("refused")
    return sum(n for n in counts.values() if type(n) is int) if isinstance(counts, dict) else None
