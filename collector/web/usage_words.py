"""Words about what people say of a unit's use, and the headings of its spreadsheet."""

from flask_babel import lazy_gettext as _l

USAGE_REFUSAL_WORDS = {
    "what": _l("“%(value)s” cannot be corrected."),
    "number": _l("“%(value)s” is no number from 0 to %(most)s."),
    "whole": _l("%(value)s is no whole number of examinations."),
    "reason": _l("A reason has 1 to %(most)s signs; this one has %(value)s."),
    "note": _l("A note has up to %(most)s signs; this one has %(value)s."),
    "result": _l("The result is none of the choices."),
    "lines": _l("Nothing was taken. Lines need a day as 2026-03-01 and a number from 0 to %(most)s: %(value)s"),
    "many": _l("Nothing was taken. The file has %(value)s lines, up to %(most)s are taken at once."),
    "csv": _l("Nothing was taken. The file is no CSV in UTF-8; save it again as one."),
}
SETTING_REFUSAL_WORDS = {
    "name": _l("“%(value)s” is no setting of use."),
    "number": _l("“%(value)s” is no number."),
    "range": _l("%(value)s is not %(least)s to %(most)s."),
    "only": _l("%(value)s is none of %(least)s."),
    "days": _l("“%(value)s” names no days; write them as 2026-10-01..2026-10-07 2027-01-01."),
    "many": _l("More than %(most)s days are named; leave old ones out."),
    "reason": _l("A reason has 1 to %(most)s signs; this one has %(value)s."),
    "target": _l("There is nothing of that kind."),
}
BEFORE_REFUSAL_WORDS = {
    "number": USAGE_REFUSAL_WORDS["number"],
    "day": _l("“%(value)s” is no day that is over; write one as 2026-03-01."),
    "text": _l("Source and reason have 1 to %(most)s signs."),
}
USE_SETTING_WORDS = {
    "price": _l("price of energy"),
    "volts": _l("mains voltage, between two phases"),
    "phases": _l("phases"),
    "power_factor": _l("power factor"),
    "holidays": _l("holidays"),
}
USE_LEVEL_WORDS = {
    "equipment": _l("Equipment"),
    "kind": _l("Class"),
    "department": _l("Department"),
    "institution": _l("Institution"),
    "all": _l("All"),
    "default": _l("Default"),
}
SHEET_TITLES = {
    "days": _l("days"),
    "months": _l("months"),
    "sessions": _l("sessions"),
    "examinations": _l("examinations"),
}
COLUMN_WORDS = {
    "day": _l("day"),
    "month": _l("month"),
    "examinations": _l("examinations"),
    "source": _l("source"),
    "on_h": _l("on, h"),
    "working_h": _l("working, h"),
    "state_h": _l("%(state)s, h"),
    "corrected": _l("corrected"),
    "switched_on": _l("switched on"),
    "switched_off": _l("switched off"),
    "hours": _l("hours, h"),
    "began": _l("began"),
    "ended": _l("ended"),
    "count": _l("count"),
    "body_part": _l("body part"),
    "protocol": _l("protocol"),
    "sure": _l("confidence"),
}
