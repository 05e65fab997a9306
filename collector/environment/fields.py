"""What a person writes for a limit: four levels with or without their unit, days, source and reason. No I/O."""

import re
from datetime import date

from collector.environment.indicators import CHANGE, INDICATORS, unit_of
from collector.environment.inherit import BOUNDS
from firmware.protocol.channels import BY_NAME

TEXTS = ("source", "reason")
DAYS = ("from_on", "to_on")
FIELDS = (*BOUNDS, *DAYS, *TEXTS)
TEXT_MOST = 200

_NUMBER = re.compile(r"([+-]?\d{1,9}(?:\.\d{1,4})?)\s*(\D*)")
_SAME_UNIT = {"℃": "°C", "％": "%"}  # as Chinese keyboards write them


def checked(indicator, said):
    """({field: value}, {field: a key of LIMIT_WRONG_WORDS}) of {field: text}; days as dates, levels as floats."""
    values, wrong = {}, {}
    for names, read in ((BOUNDS, lambda text: level(indicator, text)), (DAYS, _day), (TEXTS, _text)):
        for name in names:
            try:
                values[name] = read(str(said.get(name) or "").strip())
            except ValueError as error:
                wrong[name] = str(error)
    if not wrong:
        wrong |= _contradictions(values)
    return values, wrong


def level(indicator, text):
    """A level in the indicator's unit, None for no text. Raises ValueError with a key of LIMIT_WRONG_WORDS."""
    if not text:
        return None
    found = _NUMBER.fullmatch(text)
    if not found:
        raise ValueError("number")
    unit = found[2].strip()
    for written, ours in _SAME_UNIT.items():
        unit = unit.replace(written, ours)
    if unit not in ("", unit_of(indicator)):
        raise ValueError("unit")
    value = float(found[1])
    if not is_possible(indicator, value):
        raise ValueError("range")
    return value


def is_possible(indicator, value):
    """Whether a level lies where the indicator can be."""
    channel = BY_NAME[indicator.channel]
    if indicator.what == CHANGE:
        return 0 < value <= channel.high - channel.low
    return channel.low <= value <= channel.high


def _day(text):
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError("date") from None


def _text(text):
    if not text:
        raise ValueError("empty")
    if len(text) > TEXT_MOST or not text.isprintable():
        raise ValueError("too_long")
    return text


def _contradictions(values):
    wrong, levels = {}, [(name, values[name]) for name in BOUNDS if values[name] is not None]
    if not levels:
        wrong["low_alarm"] = "no_level"
    for (_name, lower), (name, higher) in zip(levels, levels[1:], strict=False):
        if lower > higher:
            wrong[name] = "order"
    if values["from_on"] and values["to_on"] and values["to_on"] <= values["from_on"]:
        wrong["to_on"] = "order_of_days"
    return wrong


def indicator_named(text):
    """The Indicator of `channel:what`, or None."""
    return {f"{one.channel}:{one.what}": one for one in INDICATORS}.get(text)
