"""A rule as a form: up to three conditions, all or any of them, in some states, on some days and hours. No I/O."""

from collector.clock import minutes_of
from collector.events.conditions import KINDS, leaves
from collector.events.rules import Rule

ROWS = 3
AMOUNTS = {  # kind -> {field of the condition: field of the form's row}
    "above": {"limit": "amount", "hysteresis": "hysteresis"},
    "below": {"limit": "amount", "hysteresis": "hysteresis"},
    "rises": {"by": "amount", "within_s": "seconds", "hysteresis": "hysteresis"},
    "falls": {"by": "amount", "within_s": "seconds", "hysteresis": "hysteresis"},
    "bad": {},
    "silent": {"after_s": "seconds"},
    "unlike": {"times": "amount", "days": "seconds"},
}
FIELDS = ("kind", "channel", "amount", "hysteresis", "seconds")
STEPS = 2


def rule_of(form, days, states):
    """The Rule that a form says, as far as it says one: what is no number stays the text it is, and is found wrong."""
    parts = [
        part for at in range(1, ROWS + 1) if (part := _row({name: form.get(f"{name}{at}", "") for name in FIELDS}))
    ]
    whole = parts[0] if len(parts) == 1 else {"kind": form.get("join", "all"), "of": parts}
    guards = [{"kind": "state", "states": states}] if states else []
    if form.get("from") or form.get("to"):
        hours = {"from_min": _minutes(form.get("from", "")), "to_min": _minutes(form.get("to", ""))}
        guards.append({"kind": "schedule", "days": days, **hours})
    if guards:
        whole = {"kind": "all", "of": [*(whole["of"] if whole["kind"] == "all" else [whole]), *guards]}
    steps = [
        (_number(form[f"step{at}"]), form.get(f"worse{at}", "")) for at in range(1, STEPS + 1) if form.get(f"step{at}")
    ]
    seconds = (_number(form.get(name, "0"), int) for name in ("for_s", "clear_s"))
    return Rule("", whole, *seconds, form.get("severity", ""), steps)


def _row(said):
    """The condition of one row; {} of one that is left empty."""
    kind = said["kind"].strip()
    if not kind:
        return {}
    condition = {"kind": kind}
    if kind in AMOUNTS and "channel" in KINDS[kind].fields:
        condition["channel"] = said["channel"]
    for field, name in AMOUNTS.get(kind, {}).items():
        if said[name].strip():
            condition[field] = _number(said[name], KINDS[kind].fields[field])
    return condition


def _number(text, wanted=float):
    try:
        return wanted(text.strip().replace(",", "."))
    except ValueError:
        return text[:40]


def _minutes(text):
    found = minutes_of(text)
    return text[:5] if found is None else found


def form_of(rule):
    """({field: text}, days, states) of a Rule that a form has said."""
    parts = rule.condition["of"] if rule.condition["kind"] == "all" else [rule.condition]
    said = {"for_s": rule.for_s, "clear_s": rule.clear_s, "severity": rule.severity, "join": "all"}
    days, states, rows = [], [], []
    for part in parts:
        if part["kind"] == "schedule":
            days, said["from"], said["to"] = part["days"], _clock(part["from_min"]), _clock(part["to_min"])
        elif part["kind"] == "state":
            states = part["states"]
        else:
            said["join"] = part["kind"] if part["kind"] == "any" else said["join"]
            rows += list(leaves(part))
    for at, row in enumerate(rows, 1):
        said |= {f"kind{at}": row["kind"], f"channel{at}": row.get("channel", "")}
        said |= {f"{name}{at}": row.get(field, "") for field, name in AMOUNTS[row["kind"]].items()}
    for at, (limit, severity) in enumerate(rule.steps, 1):
        said |= {f"step{at}": limit, f"worse{at}": severity}
    return said, days, states


def _clock(minutes):
    return f"{minutes // 60:02}:{minutes % 60:02}"
