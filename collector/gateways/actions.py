"""Adding, enrolling and revoking gateways and terminals: each action is one transaction."""

import re
import secrets

from collector import audit, db
from collector.accounts import sha256
from collector.errors import ActionError
from collector.gateways.certificates import A01, ca_pem, fingerprint, issue_gateway
from collector.gateways.models import EnrolmentCode, Gateway, Terminal
from collector.gateways.secret import unwrap, wrap
from firmware.protocol.seal import gateway_key

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.IGNORECASE)  # goes into topics, certificates and host names
HOUR_MS = 3_600_000


class CodeWrong(Exception):
    """The enrolment code is unknown, used, too old, or its gateway was revoked."""


def add_gateway(gateway_id, valid_h, now_ms):
    """A new enrolment code for a gateway, shown this one time; the gateway is made when new. Raises ActionError."""
    _check_id("gateway", gateway_id)
    code = secrets.token_urlsafe(18)
    with db.write():
        gateway, _new = Gateway.get_or_create(gateway_id=gateway_id, defaults={"created_ms": now_ms})
        if gateway.revoked_ms is not None:
            raise ActionError(f"the gateway {gateway_id!r} was revoked; choose another name")
        expires_ms = now_ms + valid_h * HOUR_MS
        EnrolmentCode.create(gateway=gateway, sha256=sha256(code), expires_ms=expires_ms)
        audit.note("gateway.add", f"gateway {gateway_id}", after={"code_until_ms": expires_ms})
    return code


def enrol(data_dir, code, version, csr_pem, years, now_ms):
    """What a gateway gets for its code: id, credential, certificate, the authority of A01.

    Raises CodeWrong, and ValueError when the certificate request is no good; then the code still serves.
    """
    with db.write():
        found = EnrolmentCode.get_or_none(EnrolmentCode.sha256 == sha256(code))
        if found is None or found.used_ms is not None or found.expires_ms <= now_ms or found.gateway.revoked_ms:
            raise CodeWrong
        gateway, credential = found.gateway, secrets.token_urlsafe(32)
        certificate = issue_gateway(data_dir, gateway.gateway_id, csr_pem, years, now_ms)
        found.used_ms = now_ms
        found.save()
        gateway.credential_sha256, gateway.version, gateway.enrolled_ms = sha256(credential), version, now_ms
        gateway.certificate_sha256, gateway.credential_ms = fingerprint(certificate), now_ms
        gateway.next_sha256, gateway.next_certificate_sha256, gateway.renew = None, None, False
        gateway.save()
        audit.note("gateway.enrol", f"gateway {gateway.gateway_id}", after={"version": version})
    ca = ca_pem(data_dir, A01).decode()
    return {"gateway_id": gateway.gateway_id, "credential": credential, "certificate": certificate, "ca": ca}


def revoke_gateway(gateway_id, now_ms):
    """End a gateway: its credential is refused and its terminals get no further keys. Raises ActionError."""
    with db.write():
        gateway = gateway_named(gateway_id)
        gateway.revoked_ms = now_ms
        gateway.save()
        audit.note("gateway.revoke", f"gateway {gateway_id}")


def gateway_named(gateway_id):
    """The Gateway of an id. Raises ActionError."""
    gateway = Gateway.get_or_none(Gateway.gateway_id == gateway_id)
    if gateway is None:
        raise ActionError(f"there is no gateway {gateway_id!r}; `gateway list` names them")
    return gateway


def add_terminal(data_dir, terminal_id, secret, now_ms):
    """A new Terminal with its 32-byte secret, wrapped. Raises ActionError."""
    _check_id("terminal", terminal_id)
    wrapped = wrap(data_dir, terminal_id, secret)
    with db.write():
        if Terminal.get_or_none(Terminal.terminal_id == terminal_id):
            raise ActionError(f"there is a terminal {terminal_id!r} already; choose another id")
        audit.note("terminal.add", f"terminal {terminal_id}")
        return Terminal.create(terminal_id=terminal_id, wrapped_secret=wrapped, created_ms=now_ms)


def add_source(source_id, gateway_id, now_ms):
    """A new Terminal without a secret: a chiller, a meter, a UPS or a modality its gateway asks. Raises ActionError."""
    _check_id("source", source_id)
    with db.write():
        if Terminal.get_or_none(Terminal.terminal_id == source_id):
            raise ActionError(f"there is a terminal or source {source_id!r} already; choose another id")
        audit.note("source.add", f"source {source_id}")
        source = Terminal.create(terminal_id=source_id, created_ms=now_ms)
        assign_terminal(source_id, gateway_id)
        return source


def assign_terminal(terminal_id, gateway_id):
    """Let a gateway, and no other, carry a terminal's readings. Raises ActionError."""
    with db.write():
        terminal, gateway = terminal_named(terminal_id), gateway_named(gateway_id)
        if terminal.revoked_ms or gateway.revoked_ms:
            revoked = terminal_id if terminal.revoked_ms else gateway_id
            raise ActionError(f"{revoked!r} was revoked and cannot be assigned; add a new one")
        before = terminal.gateway and {"gateway": terminal.gateway.gateway_id}
        audit.note("terminal.assign", f"terminal {terminal_id}", before, {"gateway": gateway_id})
        terminal.gateway = gateway
        terminal.save()


def revoke_terminal(terminal_id, now_ms):
    """End a terminal: no gateway gets its key and its readings are refused. Raises ActionError."""
    with db.write():
        terminal = terminal_named(terminal_id)
        terminal.revoked_ms = now_ms
        terminal.save()
        audit.note("terminal.revoke", f"terminal {terminal_id}")


def terminal_named(terminal_id):
    """The Terminal of an id. Raises ActionError."""
    terminal = Terminal.get_or_none(Terminal.terminal_id == terminal_id)
    if terminal is None:
        raise ActionError(f"there is no terminal {terminal_id!r}; `terminal list` names them")
    return terminal


def terminal_keys(data_dir, gateway):
    """{terminal id: (its 32-byte key for this gateway, the next one or None, number of that rotation or None)} of the
    terminals assigned to it."""
    keys = {}
    for terminal in Terminal.of(gateway):
        if terminal.is_source:
            continue
        wrapped = (terminal.wrapped_secret, terminal.wrapped_next)
        now, following = (
            one and gateway_key(unwrap(data_dir, terminal.terminal_id, one), gateway.gateway_id) for one in wrapped
        )
        keys[terminal.terminal_id] = (now, following, terminal.rotation if following else None)
    return keys


def _check_id(what, text):
    if not _ID.fullmatch(text):
        raise ActionError(f"{text!r} cannot be a {what}'s id; take 1 to 64 letters, digits, dots, dashes")
