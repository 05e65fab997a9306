"""The figures of a gateway for Prometheus (text format 0.0.4). No I/O."""

from firmware.gateway.sight import depth, refused

GAUGE, COUNTER = "gauge", "counter"
SILENT = "For how long the collector takes nothing that waits, 0 while it does"
AHEAD = "By how much the collector's clock is ahead of this machine's"
ROWS = (  # of a terminal: name, help, what of its row
    ("gantry_terminal_here", "Whether the terminal has proved itself", lambda row: row.here),
    ("gantry_terminal_heard_timestamp_seconds", "When a reading came last, Unix time", lambda row: _s(row.heard_ms)),
    ("gantry_terminal_waiting_readings", "Its readings that wait for the collector", lambda row: row.waiting),
    ("gantry_terminal_commands", "Its commands that are open", lambda row: row.commands),
    ("gantry_terminal_outbox_readings", "Readings it keeps itself, as it says", lambda row: depth(row.said)),
    ("gantry_terminal_heap_free_bytes", "Memory it has free, as it says", lambda row: row.said.get("heap_free")),
    ("gantry_terminal_signal_dbm", "Level of its Wi-Fi, as it says", lambda row: row.said.get("rssi_dbm")),
    ("gantry_terminal_refusals", "What it refused since its start, as it says", lambda row: refused(row.said)),
)


def text(seen, now_ms):
    """All of a Sight, as Prometheus reads it."""
    outbox, live = seen.outbox, seen.live or {}
    oldest_s = 0 if outbox.oldest_ms is None else max(0, now_ms - outbox.oldest_ms) / 1000
    families = [
        ("gantry_clock_proved", GAUGE, "Whether the gateway's time is vouched for", [("", live.get("clock_proved"))]),
        ("gantry_clock_offset_seconds", GAUGE, AHEAD, [("", _s(live.get("clock_offset_ms")))]),
        ("gantry_collector_silent_seconds", GAUGE, SILENT, [("", live.get("silent_s"))]),
        ("gantry_terminals", GAUGE, "Terminals and sources assigned", [("", _assigned(seen.rows))]),
        ("gantry_outbox_readings", GAUGE, "Readings that wait for the collector", [("", outbox.waiting)]),
        ("gantry_outbox_gaps", GAUGE, "Gaps that wait for the collector", [("", outbox.gaps)]),
        ("gantry_outbox_records", GAUGE, "Records that wait for the collector", [("", outbox.records)]),
        ("gantry_outbox_oldest_seconds", GAUGE, "Age of the oldest reading that waits", [("", oldest_s)]),
        ("gantry_set_aside", GAUGE, "What the collector will not have", [("", outbox.set_aside)]),
        ("gantry_plain_peers", GAUGE, "Peers that speak without encryption", [("", len(seen.plain))]),
    ]
    left = [(_labels(peer=peer), seconds) for peer, seconds in live.get("kept_out", {}).items()]
    families.append(("gantry_kept_out_seconds", GAUGE, "For how long a flooding peer is still kept out", left))
    for name, help_text, of in ROWS:
        families.append((name, GAUGE, help_text, [(_labels(terminal=row.terminal_id), of(row)) for row in seen.rows]))
    counts = [(_labels(interface=i, source=source, code=code), n) for i, source, code, n in outbox.refusals]
    families.append(("gantry_refusals_total", COUNTER, "What was refused, thinned or given up, by reason", counts))
    return "".join(_family(*family) for family in families)


def _family(name, kind, help_text, values):
    lines = [f"# HELP {name} {help_text}.", f"# TYPE {name} {kind}"]
    good = [(labels, value) for labels, value in values if isinstance(value, bool | int | float)]
    return "\n".join([*lines, *(f"{name}{labels} {float(value):.15g}" for labels, value in good)]) + "\n"


def _labels(**labels):
    return "{" + ",".join(f'{name}="{_escaped(text or "")}"' for name, text in labels.items()) + "}"


def _escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _assigned(rows):
    return sum(row.kind != "foreign" for row in rows)


def _s(ms):
    return None if ms is None else ms / 1000
