"""Roles and what each may do. Duties are separated: who runs the platform does not say who may, and neither reads on
them both what the auditor reads."""

from collections import namedtuple

RIGHTS = {  # right -> what it is the right to do
    "own": "use one's own account",
    "equipment.read": "see equipment inside one's scope, its data and its history",
    "equipment.write": "change the register of equipment inside one's scope",
    "usage.write": "correct figures of use, type examinations and the daily QC, inside one's scope",
    "terminals.read": "see gateways and terminals",
    "terminals.command": "send commands to terminals",
    "firmware.write": "take in signed images for terminals, begin, halt and go on with rollouts",
    "events.report": "report an event of equipment inside one's scope",
    "events.act": "handle events inside one's scope: acknowledge, resolve, hand over, shelve",
    "events.rules": "say by which rules equipment is judged",
    "notify.write": "say who is told of events, and how",
    "accounts.read": "see who has an account",
    "accounts.write": "invite people, say their roles and scopes, end accounts and sessions",
    "audit.read": "read and take out the audit",
}

Role = namedtuple("Role", ("rights", "sees_everything", "home"))  # home: the page after signing in

_SEES = frozenset({"own", "equipment.read"})
_TENDS = _SEES | {"usage.write", "terminals.read", "terminals.command", "events.report", "events.act"}

ROLES = {
    "system_administrator": Role(
        _TENDS | {"equipment.write", "events.rules", "notify.write", "firmware.write"}, True, "dashboard.first_page"
    ),
    "security_administrator": Role(frozenset({"own", "accounts.read", "accounts.write"}), False, "people.first_page"),
    "auditor": Role(frozenset({"own", "accounts.read", "audit.read"}), False, "audit.first_page"),
    "biomedical_engineer": Role(_TENDS | {"equipment.write", "events.rules"}, False, "dashboard.first_page"),
    "technician": Role(_TENDS, False, "dashboard.first_page"),
    "operator": Role(_SEES | {"events.report", "usage.write"}, False, "dashboard.first_page"),
    "department_reader": Role(_SEES, False, "dashboard.first_page"),
    "vendor": Role(_SEES, False, "dashboard.first_page"),
}
ADMINISTRATORS = ("system_administrator", "security_administrator", "auditor")
VENDOR = "vendor"
