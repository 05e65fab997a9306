"""Rows for a log elsewhere: sent to syslog in their order, each again until it was taken.

A socket of this machine or loopback only: what carries it further over TLS is the syslog of the site.
"""

import ipaddress
import json
import socket

from collector import db
from collector.audit.chain import FIELDS
from collector.audit.models import AuditHead, AuditRow
from collector.errors import ActionError

PRIORITY = 13 * 8 + 5  # log audit, notice: RFC 5424
AT_ONCE = 500
PATIENCE_S = 5  # with a syslog that takes no more for now; what it took is not sent again


def ship(target):
    """Send what was not sent yet to `unix:/dev/log` or `127.0.0.1:514`; how many rows went. Raises ActionError."""
    head = AuditHead.get_by_id(1)
    rows = list(AuditRow.select().where(AuditRow.number > head.sent).order_by(AuditRow.number).limit(AT_ONCE))
    if not target or not rows:
        return 0
    family, address = _address(target)
    taken = 0
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as out:
            out.settimeout(PATIENCE_S)
            out.connect(address)
            for row in rows:
                text = json.dumps({name: getattr(row, name) for name in (*FIELDS, "mac")}, ensure_ascii=False)
                out.send(f"<{PRIORITY}>1 - - gantry - audit - {text}".encode())
                taken = row.number
    except OSError as error:
        raise ActionError(f"audit_syslog {target!r} takes nothing: {error}; is syslog running there?") from error
    finally:
        if taken:
            with db.write():
                AuditHead.update(sent=taken).where(AuditHead.id == 1).execute()
    return len(rows)


def _address(target):
    if target.startswith("unix:"):
        return socket.AF_UNIX, target.removeprefix("unix:")
    host, _, port = target.rpartition(":")
    try:
        where = ipaddress.ip_address(host.strip("[]"))
        number = int(port)
    except ValueError:
        raise ActionError(f"audit_syslog is {target!r}; write unix:/dev/log or 127.0.0.1:514") from None
    if not where.is_loopback:
        raise ActionError(
            f"audit_syslog is {target!r}: syslog is not encrypted; send to this machine, let it go on by TLS"
        )
    return (socket.AF_INET6 if where.version == 6 else socket.AF_INET), (str(where), number)
