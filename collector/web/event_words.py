"""Words about events: what was recognised, how bad it is, what people do about it."""

from datetime import UTC, datetime

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from collector.web.words import CHANNEL_WORDS, COMMAND_WORDS, STATE_OF_UNIT_WORDS, VERB_WORDS, moment, value_text
from firmware.protocol.channels import BY_NAME

SEVERITY_WORDS = {
    "notice": _l("Notice"),
    "warning": _l("Warning"),
    "serious": _l("Serious"),
    "critical": _l("Critical"),
}
SEVERITY_ICONS = {
    "notice": "info-circle",
    "warning": "exclamation-triangle",
    "serious": "exclamation-octagon-fill",
    "critical": "x-octagon-fill",
}

DISPOSITION_WORDS = {
    "open": _l("open"),
    "acknowledged": _l("acknowledged by somebody"),
    "in_progress": _l("in progress"),
    "resolved": _l("resolved"),
    "evaluated": _l("evaluated"),
    "closed": _l("closed"),
}

ACT_WORDS = {
    "acknowledge": _l("I have seen it"),
    "begin": _l("I work on it"),
    "resolve": _l("It is resolved"),
    "evaluate": _l("Evaluate"),
    "close": _l("Close"),
    "reopen": _l("Open again"),
    "note": _l("Write down"),
    "hand_over": _l("Hand over"),
    "merge": _l("It is part of another event"),
}

STEP_WORDS = {
    "raised": _l("recognised"),
    "worse": _l("became more severe"),
    "again": _l("came again"),
    "cleared": _l("is over"),
    "reported": _l("reported"),
    "acknowledge": _l("has seen it"),
    "begin": _l("works on it"),
    "resolve": _l("says it is resolved"),
    "evaluate": _l("evaluated it"),
    "close": _l("closed it"),
    "reopen": _l("opened it again"),
    "note": _l("wrote"),
    "hand_over": _l("handed it over to"),
    "merge": _l("says it is part of another event"),
    "record": _l("added a recording"),
}

TYPE_WORDS = {
    "limit": _l("Beyond a limit"),
    "change": _l("Fast change"),
    "bad_value": _l("Bad values"),
    "silence": _l("Terminal silent"),
    "state": _l("Running state"),
    "unlike": _l("Unlike its own days"),
    "combined": _l("Several conditions"),
    "environment": _l("Surroundings"),
    "gateway_silence": _l("Gateway silent"),
    "refusals": _l("Refused at an interface"),
    "disk": _l("Disk nearly full"),
    "cooling": _l("Cooling of the magnet"),
    "certificate": _l("Certificate ends"),
    "person": _l("Reported by a person"),
}

REFUSAL_WORDS = {
    "text_missing": _l("The text is missing: say what was seen, done, or why."),
    "text_long": _l("The text has more than %(about)s signs; put the rest into a file."),
    "severity": _l("The severity is none of the choices."),
    "future": _l("What happened cannot have begun in the future."),
    "changed": _l("%(about)s did something with the event meanwhile. Look at it again, then decide."),
    "state": _l("The event has changed: “%(about)s” is not possible now."),
    "colleague": _l("“%(about)s” is nobody who may handle this event. Choose a colleague."),
    "other": _l("Choose another event of the same equipment."),
    "part": _l("That event is itself part of event %(about)s; choose that."),
    "shelf": _l("The while has to end after now and within %(about)s days."),
    "choice": _l("Something chosen is no choice."),
    "exams": _l("Examinations are a whole number up to %(about)s."),
    "hours": _l("Hours are a number up to %(about)s."),
    "closed": _l("The event is closed. Open it again first."),
    "rule": _l("There is no rule %(about)s that holds."),
}

CAUSE_WORDS = {
    "cooling": _l("cooling, air conditioning"),
    "power_supply": _l("power supply"),
    "equipment_part": _l("part of the equipment"),
    "software": _l("software of the equipment"),
    "network": _l("network"),
    "sensor": _l("terminal or sensor"),
    "operation": _l("operation"),
    "maintenance": _l("maintenance"),
    "building": _l("building, water"),
    "limit_too_narrow": _l("limit set too narrow"),
    "unknown": _l("not found"),
}
EFFECT_WORDS = {"solved": _l("solved it"), "eased": _l("eased it"), "none": _l("not helped")}
RISK_WORDS = {"none": _l("no risk"), "low": _l("low"), "high": _l("high")}

CONDITION_WORDS = {
    "above": _l("is above"),
    "below": _l("is below"),
    "rises": _l("rises by"),
    "falls": _l("falls by"),
    "bad": _l("is measured and bad"),
    "silent": _l("nothing is heard"),
    "unlike": _l("is unlike its own days, by so many times their spread"),
}
RUNNING_WORDS = {"off": _l("off"), "standby": _l("standby"), "ready": _l("ready"), "working": _l("working")}

RULE_WRONG_WORDS = {
    "kind": _l("A condition is missing or of no known kind."),
    "depth": _l("The conditions are nested too deeply."),
    "unknown": _l("This field is not known."),
    "missing": _l("This field is missing."),
    "channel": _l("This is no channel."),
    "number": _l("This is no number."),
    "positive": _l("This has to be more than zero."),
    "range": _l("This is out of its range."),
    "choice": _l("Nothing was chosen, or something that is no choice."),
    "parts": _l("There are too few or too many parts."),
    "seconds": _l("These are no seconds up to a week."),
    "silent_alone": _l("Silence cannot be combined: make a rule of its own."),
    "no_limit": _l("Steps need a condition with a limit."),
    "outwards": _l("Steps have to go further out and become more severe."),
    "never": _l("This can never hold: no value satisfies it."),
    "always": _l("This always holds: every value satisfies it."),
    "never_clears": _l("This would never be cleared: its hysteresis reaches beyond what can be measured."),
    "contradicts": _l("One of this rule and another is raised whatever is measured:"),
}

SAID_WORDS = {
    "above": _l("%(channel)s %(value)s, above %(limit)s"),
    "below": _l("%(channel)s %(value)s, below %(limit)s"),
    "rises": _l("%(channel)s has risen by more than %(limit)s to %(value)s"),
    "falls": _l("%(channel)s has fallen by more than %(limit)s to %(value)s"),
    "bad": _l("%(channel)s is measured and bad"),
    "silent": _l("Nothing was heard for %(n)s min"),
    "refused": _l("%(interface)s refuses: %(code)s"),
    "ends": _l("%(file)s ends on %(day)s"),
    "cold_lost": _l(
        "%(amps)s A where the cooling alone draws %(usual)s A: its compressor has stopped, the scanner is off"
    ),
    "cold_lost_on": _l("%(amps)s A where the cooling alone draws %(usual)s A: its compressor has stopped"),
    "supply_lost": _l("No current and no voltage (usually %(usual)s A): the magnet is not cooled"),
    "sensor_lost": _l("No current, not even of the cooling (usually %(usual)s A): supply or clamp"),
    "clamp_lost": _l("No current though the mains are there (usually %(usual)s A): look at the clamp"),
}


def said_text(said, translate=str):
    """What was recognised in one sentence, from what its event says of it; `translate` makes a text of lazy words."""
    if said.get("kind") not in SAID_WORDS:
        return said.get("text", "")
    values = dict(said)
    if "channel" in said:
        name = said["channel"]
        values["channel"] = translate(CHANNEL_WORDS[name])
        for one in ("value", "limit"):
            values[one] = f"{value_text(name, said.get(one))} {BY_NAME[name].unit}"
    if "after_s" in said:
        values["n"] = max(1, said["after_s"] // 60)
    if "ends_ms" in said:
        values["day"] = datetime.fromtimestamp(said["ends_ms"] / 1000, UTC).date().isoformat()
    return translate(SAID_WORDS[said["kind"]]) % values


def title_text(event, said):
    """What an event is called, with what was recognised, in one line."""
    name, what = event.name or str(TYPE_WORDS[event.type]), said_text(said)
    return f"{name}: {what}" if what else name


def known_lines(context):
    """[(what, text)] of an event's context: values with units, running state, the terminal, commands before it."""
    lines = [
        (str(CHANNEL_WORDS[channel]), f"{value_text(channel, value)} {BY_NAME[channel].unit}")
        for channel, value in context.get("values", {}).items()
    ]
    for terminal_id, values in context.get("beside", {}).items():
        for channel, value in values.items():
            text = f"{value_text(channel, value)} {BY_NAME[channel].unit}"
            lines.append((f"{CHANNEL_WORDS[channel]} ({terminal_id})", text))
    for one in context.get("running", ()):
        since = gettext("since %(moment)s, %(terminal)s", moment=moment(one["since_ms"]), terminal=one["terminal_id"])
        lines.append((gettext("Running state"), f"{STATE_OF_UNIT_WORDS[one['state']]}, {since}"))
    if terminal := context.get("terminal"):
        lines.append((gettext("Firmware"), ", ".join(str(what) for what in terminal.values())))
    for one in context.get("commands", ()):
        said = (str(VERB_WORDS.get(one["verb"], one["verb"])), str(COMMAND_WORDS[one["state"]]), one["issuer"])
        lines.append((gettext("Command before"), ", ".join((moment(one["created_ms"]), *said))))
    return lines


RECORDING_WORDS = {  # what recording.js says: how it goes, then why something is not kept, by the code of the problem
    "recording": _l("Recording: %(time)s; %(held)s of %(size)s MB are kept"),
    "sending": _l("%(held)s of %(size)s MB are kept"),
    "cut": _l("No connection. What is not kept yet waits here and goes on by itself; leave this page open."),
    "kept": _l("Kept with the event"),
    "denied": _l("The screen was not shared with this page."),
    "signed_out": _l("You are signed out. Sign in again; what is kept waits for the rest."),
    "media_type": _l("It is neither a recording (WebM, MP4, MOV) nor a photo."),
    "field_invalid": _l("It is broken, or its end is missing."),
    "too_large": _l("It is larger than allowed, or there is no room left for files."),
    "too_many": _l("Five files of yours are not finished. Finish one or give it up."),
    "not_done": _l("The event is closed. Open it again first."),
    "gone": _l("It was given up or swept away. Begin again."),
    "other": _l("Not kept: %(detail)s"),
}


def recording_words():
    """RECORDING_WORDS in the language of the page."""
    return {code: str(words) for code, words in RECORDING_WORDS.items()}


def init(app):
    """Let templates use these words."""
    app.jinja_env.globals.update(
        SEVERITY_WORDS=SEVERITY_WORDS,
        SEVERITY_ICONS=SEVERITY_ICONS,
        DISPOSITION_WORDS=DISPOSITION_WORDS,
        ACT_WORDS=ACT_WORDS,
        STEP_WORDS=STEP_WORDS,
        TYPE_WORDS=TYPE_WORDS,
        said_text=said_text,
        title_text=title_text,
        known_lines=known_lines,
        recording_words=recording_words,
        CAUSE_WORDS=CAUSE_WORDS,
        EFFECT_WORDS=EFFECT_WORDS,
        RISK_WORDS=RISK_WORDS,
        CONDITION_WORDS=CONDITION_WORDS,
        RUNNING_WORDS=RUNNING_WORDS,
    )
