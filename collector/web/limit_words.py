"""Words about the surroundings and their limits as pages say them."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from collector.web.words import CHANNEL_WORDS
from firmware.protocol.channels import BY_NAME

LEVEL_WORDS = {
    "equipment": _l("this equipment"),
    "model": _l("model"),
    "maker": _l("maker"),
    "class": _l("class"),
    "default": _l("default"),
}

BOUND_WORDS = {
    "low_alarm": _l("Alarm below"),
    "low_warning": _l("Warning below"),
    "high_warning": _l("Warning above"),
    "high_alarm": _l("Alarm above"),
}

LIMIT_FIELD_WORDS = {
    "from_on": _l("From (empty: from now)"),
    "to_on": _l("Up to before (empty: without an end)"),
    "source": _l("Source document"),
    "reason": _l("Reason"),
}

# What needs a person first comes first.
VERDICT_WORDS = {
    "alarm": _l("Outside the alarm limit"),
    "warning": _l("Outside the warning limit"),
    "unmeasured": _l("Not measured now"),
    "unlimited": _l("No limit"),
    "within": _l("Within limits"),
}

SOURCE_WORDS = {
    "ct_design_and_wide": _l("Design values for CT rooms (warning); widest limits for CT rooms (alarm)"),
    "ct_feed_and_generator": _l("Feed of a mobile CT (warning); X-ray generator GE XR642, installation manual (alarm)"),
    "as_ct": _l("As for CT; the manual goes before it"),
    "mr_design_and_ge": _l("Design values for MR rooms (warning); GE SIGNA Creator, installation manual (alarm)"),
    "ge_creator": _l("GE SIGNA Creator, installation manual"),
    "dsa_design": _l("Design values for DSA rooms"),
    "practice": _l("Usual practice, without a document; the manual goes before it"),
    "mains": _l("Mains of China, 380 V ±10 %, between phase and neutral"),
}

LIMIT_WRONG_WORDS = {
    "empty": _l("is missing"),
    "too_long": _l("is too long, or holds signs that cannot be shown"),
    "number": _l("is no number"),
    "unit": _l("has another unit than the one that is asked for"),
    "range": _l("is beyond what can be measured"),
    "order": _l("is below the level before it; levels rise from the lowest to the highest"),
    "no_level": _l("write at least one level"),
    "date": _l("is no date; write YYYY-MM-DD"),
    "order_of_days": _l("is not after the first day"),
    "overlap": _l("overlaps with a limit that was set already; begin later, or end that one first"),
    "nothing_to_end": _l("there is nothing left to end"),
    "choice": _l("is none of the choices"),
    "target": _l("there is no such equipment, class, maker or model"),
    "indicator": _l("has no limits"),
}


def indicator_text(indicator):
    """The words of a channel's value, or of its change within an hour."""
    words = str(CHANNEL_WORDS[indicator.channel])
    return words if indicator.what == "value" else gettext("%(channel)s, change within an hour", channel=words)


def level_text(indicator, level):
    """A level without its unit, as short as it is; a dash where there is none."""
    if level is None:
        return "–"
    digits = len(str(BY_NAME[indicator.channel].scale)) - 1
    return f"{level:.{digits}f}".rstrip("0").rstrip(".")


def source_text(source):
    """The document of a limit: ours in words, a person's as it was written."""
    return str(SOURCE_WORDS.get(source, source))


def init(app):
    """Let templates use these words."""
    app.jinja_env.globals.update(
        LEVEL_WORDS=LEVEL_WORDS,
        BOUND_WORDS=BOUND_WORDS,
        LIMIT_FIELD_WORDS=LIMIT_FIELD_WORDS,
        VERDICT_WORDS=VERDICT_WORDS,
        LIMIT_WRONG_WORDS=LIMIT_WRONG_WORDS,
        indicator_text=indicator_text,
        level_text=level_text,
        source_text=source_text,
    )
