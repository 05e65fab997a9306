"""Audit: who did what to which record, from where, when, before and after; a chain that only grows."""

from collector.audit.acting import act_as, acting
from collector.audit.actions import DONE, REFUSED, keep_head, note, retire, rows_of, verify
from collector.audit.export import attested, export, exported
from collector.audit.models import AuditRow
from collector.audit.syslog import ship

__all__ = (
    "DONE",
    "REFUSED",
    "AuditRow",
    "act_as",
    "acting",
    "attested",
    "export",
    "exported",
    "keep_head",
    "note",
    "retire",
    "rows_of",
    "ship",
    "verify",
)
