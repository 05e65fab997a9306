"""What the clock says rather than a reading: silence, refusals, a disk that fills up, certificates that end.

A finder looks at how things are now; what it finds is raised, and cleared when it finds it no longer. Rooms to the
right add theirs to FINDERS. Who is silent says a clock that nobody sets: one of the day that jumps by hours, here or at
a terminal, makes nobody silent, and keeps nobody from being called so. After a start it listens for that long first.
"""

import logging
import math
import shutil
from collections import namedtuple
from pathlib import Path

from cryptography import x509

from collector import db, readings, running
from collector.equipment import Binding, Equipment
from collector.events.models import Event, RuleVersion
from collector.events.occurrences import Found, cleared, raised
from collector.gateways import Gateway, Refusal

DISK_PCT = 90
CERTIFICATE_DAYS = 30
REFUSED_MS = 600_000  # refusals are told of until none has come for so long
DAY_MS = 86_400_000
COOLING = {  # severity of what is lost: a magnet that is not cooled boils off its helium
    "cold_lost": "critical",
    "cold_lost_on": "critical",
    "supply_lost": "critical",
    "sensor_lost": "serious",
    "clamp_lost": "warning",
}
SILENT = ("silence", "gateway_silence")
log = logging.getLogger("collector")

# types: of the events that are this finder's alone; find: called with a Look, gives [Found]
Finder = namedtuple("Finder", ("types", "find"))
# quiet_ms: of a terminal or gateway, a rule and the instant of what was heard last: for how long nothing came behind it
Look = namedtuple("Look", ("settings", "now_ms", "quiet_ms"))


class Watch:
    """Looks again and again; it remembers since when nothing new was heard of whom."""

    def __init__(self):
        self._heard = {}

    def look(self, settings, now_ms, run_ms):
        """Raise what is found now, clear what is no longer; how many were raised or cleared.

        run_ms: milliseconds of a clock that nobody sets.
        """
        told = {(*key, one.began_ms) for key, one in Event.raised_among(SILENT).items()}

        def quiet_ms(who, rule, last_ms):
            since_ms = self._since_ms(who, last_ms, run_ms)
            return math.inf if (who, rule, last_ms) in told else run_ms - since_ms

        return _found(Look(settings, now_ms, quiet_ms))

    def _since_ms(self, who, last_ms, run_ms):
        if self._heard.get(who, (None,))[0] != last_ms:
            self._heard[who] = last_ms, run_ms
        return self._heard[who][1]


def _found(look):
    count, now_ms = 0, look.now_ms
    for finder in FINDERS:
        found = {(one.subject, one.rule): one for one in finder.find(look)}
        known = Event.raised_among(finder.types)
        if found.keys() == known.keys():
            continue
        with db.write():
            for key in found.keys() - known.keys():
                raised(found[key], now_ms, now_ms)
            for key in known.keys() - found.keys():
                cleared(known[key], now_ms, now_ms)
        count += len(found.keys() ^ known.keys())
    return count


def _silent_terminals(look):
    """Terminals that are bound and have not been heard of for too long, by their equipment's rules or the setting."""
    newest, made = readings.newest(), [one for one in RuleVersion.valid() if one.rule().condition["kind"] == "silent"]
    machines = {one.id: one for one in Equipment.everything()} if made else {}
    found = []
    for equipment_id, terminal_id, _group, from_ms in Binding.spoken_of(look.now_ms):
        last_ms = max(newest.get(terminal_id, 0), from_ms)
        if not last_ms:
            continue
        for name, words, severity, after_s in _rules_for(machines.get(equipment_id), made, look.settings):
            if look.quiet_ms(terminal_id, name, last_ms) > after_s * 1000:
                said = {"kind": "silent", "after_s": after_s}
                about = equipment_id, terminal_id, name, words, "silence", severity
                found.append(Found(*about, last_ms, said))
    return found


def _rules_for(machine, made, settings):
    """[(rule, its name, severity, seconds)] by which an equipment's terminals are called silent."""
    own = [(one.rule(), one.name) for one in made if machine is not None and one.reaches(machine)]
    if not own:
        return [("silence", "", "warning", settings["silent_after_s"])]
    return [(rule.name, name, rule.severity, rule.condition["after_s"]) for rule, name in own]


def _silent_gateways(look):
    """Gateways that were enrolled, not revoked, and have not spoken for too long."""
    after_s, rule = look.settings["silent_after_s"], "gateway silence"
    said = {"kind": "silent", "after_s": after_s}
    return [
        Found(None, one.gateway_id, rule, "", "gateway_silence", "serious", one.seen_ms, said)
        for one in Gateway.select().where(Gateway.seen_ms.is_null(False) & Gateway.revoked_ms.is_null())
        if look.quiet_ms(one.gateway_id, rule, one.seen_ms) > after_s * 1000
    ]


def _refusals(look):
    """What an interface has refused a moment ago, by gateway and code."""
    found = {}
    for one in Refusal.select().where(Refusal.last_ms.between(look.now_ms - REFUSED_MS, look.now_ms + REFUSED_MS)):
        subject, rule = one.gateway or one.interface, f"refusals {one.interface} {one.code}"
        said = {"kind": "refused", "interface": one.interface, "code": one.code}
        found[subject, rule] = Found(None, subject, rule, "", "refusals", "notice", one.last_ms, said)
    return found.values()


def _disk(look):
    """The disk of the collector's data, nearly full."""
    usage = shutil.disk_usage(db.folder())
    used = 100 * (usage.total - usage.free) / usage.total
    if used < DISK_PCT:
        return []
    said = {"kind": "above", "value": round(used, 1), "limit": DISK_PCT, "channel": "disk_used_pct"}
    return [Found(None, "collector", "disk", "", "disk", "serious", look.now_ms, said)]


def _certificates(look):
    """Certificates of this collector that end soon."""
    for path in sorted(Path(db.folder()).glob("tls/*.crt")):
        try:
            ends_ms = int(x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc.timestamp() * 1000)
        except ValueError as error:  # just being written anew, or broken; the others are looked at all the same
            log.warning("certificate %s cannot be read: %s; make another with `ca server` if it stays so", path, error)
            continue
        if ends_ms - look.now_ms < CERTIFICATE_DAYS * DAY_MS:
            said = {"kind": "ends", "file": path.name, "ends_ms": ends_ms}
            yield Found(None, path.name, "certificate", "", "certificate", "warning", look.now_ms, said)


def _cooling(look):
    """Magnets whose cooling, supply or clamp is lost."""
    for equipment, one in running.lost(look.now_ms):
        said = {"kind": one.kind, "amps": f"{one.figures['amps']:.1f}", "usual": f"{one.figures['usual']:.1f}"}
        number, severity = equipment.asset_number, COOLING[one.kind]
        yield Found(equipment.id, number, one.kind, "", "cooling", severity, one.from_ms, said)


FINDERS = [
    Finder(("cooling",), _cooling),
    Finder(("silence",), _silent_terminals),
    Finder(("gateway_silence",), _silent_gateways),
    Finder(("refusals",), _refusals),
    Finder(("disk",), _disk),
    Finder(("certificate",), _certificates),
]
