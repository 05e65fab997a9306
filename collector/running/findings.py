"""What a rule found about a unit's use, cooling or computer, and how that is said: figures in a sentence."""

from collections import namedtuple
from datetime import datetime

from flask_babel import lazy_gettext as _l

Finding = namedtuple("Finding", "kind from_ms to_ms figures")
# kind: of SENTENCES; from_ms to to_ms: what was looked at; figures: {name: number, date or text} for the sentence

SENTENCES = {
    "busy_day": _l("%(exams)s examinations on %(day)s, where %(usual)s are usual on such a day (of %(days)s days)."),
    "quiet_day": _l(
        "Only %(exams)s examinations on %(day)s, where %(usual)s are usual on such a day (of %(days)s days)."
    ),
    "not_on": _l("Not switched on at all on %(day)s; on %(on_days)s of %(days)s such days it was."),
    "busy_week": _l("%(exams)s examinations in the seven days up to %(day)s, where %(usual)s are usual."),
    "quiet_week": _l("Only %(exams)s examinations in the seven days up to %(day)s, where %(usual)s are usual."),
    "late_start": _l("The first examination of %(day)s began at %(at)s, usually it does at %(usual)s."),
    "late_end": _l("The last examination of %(day)s ended at %(at)s, usually it does at %(usual)s."),
    "early_end": _l("The last examination of %(day)s had ended by %(at)s, usually it does at %(usual)s."),
    "odd_hours": _l(
        "%(exams)s examinations on %(day)s between %(from)s and %(until)s: none at such hours on %(days)s days before."
    ),
    "pause_in_day": _l("No examination on %(day)s from %(from)s to %(until)s, where %(usual)s are usual."),
    "rush_hour": _l("%(exams)s examinations on %(day)s from %(from)s to %(until)s, where %(usual)s are usual."),
    "long_exams": _l("An examination took %(minutes)s min on %(day)s, usually %(usual)s min (medians)."),
    "short_exams": _l("An examination took only %(minutes)s min on %(day)s, usually %(usual)s min (medians)."),
    "many_switches": _l("Switched on %(times)s times on %(day)s, usually %(usual)s times."),
    "left_ready": _l(
        "Left ready %(hours)s h in the night after %(day)s, usually %(usual)s h: %(kwh)s kWh, %(money)s %(currency)s."
    ),
    "left_on": _l(
        "Left on %(hours)s h in the night after %(day)s, usually %(usual)s h: %(kwh)s kWh, %(money)s %(currency)s."
    ),
    "idle_energy": _l(
        "%(kwh)s kWh on %(day)s while on and not examining, usually %(usual)s kWh: %(money)s %(currency)s more."
    ),
    "blind_day": _l("Nothing is known of %(hours)s h of %(day)s, usually of %(usual)s h."),
    "month_less": _l("%(exams)s examinations in %(month)s, %(change)s %% less than the %(usual)s of months before."),
    "month_more": _l("%(exams)s examinations in %(month)s, %(change)s %% more than the %(usual)s of months before."),
    "month_idle": _l(
        "%(kwh)s kWh in %(month)s while switched on and not examining, %(change)s %% more than the %(usual)s kWh of"
        " months before: %(money)s %(currency)s more."
    ),
    "class_behind": _l(
        "%(exams)s examinations in %(month)s, only %(percent)s %% of its months before, while the %(units)s others of"
        " its class did %(usual)s %% of theirs (median)."
    ),
    "class_ahead": _l(
        "%(exams)s examinations in %(month)s, %(percent)s %% of its months before, while the %(units)s others of its"
        " class did %(usual)s %% of theirs (median)."
    ),
    "class_idle": _l(
        "%(kwh)s kWh for each examination in %(month)s while switched on and not examining, %(share)s times the median"
        " of %(units)s units of its class (%(usual)s kWh)."
    ),
    "disk_full": _l("The disk %(disk)s is %(used)s %% full and grows by %(growth)s GB a day: full in %(days)s days."),
    "disk_jump": _l("The disk %(disk)s took %(growth)s GB within a day, usually %(usual)s GB."),
    "cold_lost": _l(
        "The magnet's cooling draws %(amps)s A since %(at)s, usually %(usual)s A: its compressor has stopped, the"
        " scanner is off."
    ),
    "cold_lost_on": _l(
        "Only %(amps)s A since %(at)s, where the cooling alone usually draws %(usual)s A: the scanner is on, its"
        " compressor has stopped."
    ),
    "sensor_lost": _l("No current since %(at)s, not even of the cooling (usually %(usual)s A): supply or clamp."),
    "clamp_lost": _l("No current since %(at)s though the supply has voltage (usually %(usual)s A): look at the clamp."),
    "supply_lost": _l(
        "No current and no voltage since %(at)s (usually %(usual)s A): without supply the magnet is not cooled."
    ),
    "cycles_long": _l("The compressor takes %(minutes)s min from start to start on %(day)s, usually %(usual)s min."),
    "cycles_short": _l(
        "The compressor takes only %(minutes)s min from start to start on %(day)s, usually %(usual)s min."
    ),
    "duty_high": _l("The compressor ran %(percent)s %% of the time on %(day)s, usually %(usual)s %%."),
    "duty_low": _l("The compressor ran only %(percent)s %% of the time on %(day)s, usually %(usual)s %%."),
    "baseline_moved": _l("The magnet's cooling draws %(amps)s A on %(day)s, usually %(usual)s A."),
}  # fmt: skip


def said(finding, zone):
    """The sentence of a Finding in the reader's language; `zone`: a tzinfo for the instant it began at."""
    began = datetime.fromtimestamp(finding.from_ms / 1000, zone).strftime("%Y-%m-%d %H:%M")
    figures = {"at": began} | {name: shown(value) for name, value in finding.figures.items()}
    return str(SENTENCES[finding.kind]) % figures


def shown(value):
    """A figure as it stands in a sentence: a number below ten to one decimal, others whole."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.1f}" if abs(value) < 10 and f"{value:.1f}"[-1] != "0" else f"{value:.0f}"


def clock(hours):
    """Hours since midnight as a clock shows them: 25.5 is 01:30 of the next day."""
    minutes = round(hours * 60)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def joined(findings, within_ms):
    """Findings of one unit as episodes: of a kind, what follows within so many ms goes into the one before.

    The last one's figures count: an episode says how it is now, and since when.
    """
    out, open_ones = [], {}
    for one in sorted(findings, key=lambda found: (found.from_ms, found.kind)):
        before = open_ones.get(one.kind)
        if before is not None and one.from_ms - out[before].to_ms <= within_ms:
            out[before] = one._replace(from_ms=out[before].from_ms)
        else:
            open_ones[one.kind] = len(out)
            out.append(one)
    return out
