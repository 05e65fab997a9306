"""A gateway's credential: given at enrolment, replaced while it still counts, ended by its successor's first use.

Credential and certificate are a pair: where certificates are asked for, each counts only beside its own.
"""

import secrets

from collector import audit, db
from collector.accounts import sha256
from collector.gateways.actions import gateway_named
from collector.gateways.certificates import A01, ca_pem, fingerprint, issue_gateway
from collector.gateways.models import Gateway

DAY_MS = 86_400_000


def gateway_of_credential(credential, now_ms):
    """(Gateway, SHA-256 of the certificate that goes with this credential) of who holds it, revoked or not, or Nones.

    A new credential that is shown for the first time ends the one before it.
    """
    digest = sha256(credential)
    gateway = Gateway.holding(digest)
    if gateway is None:
        return None, None
    if gateway.next_sha256 == digest and gateway.revoked_ms is None:
        _settle(gateway, digest, now_ms)
    return gateway, gateway.certificate_sha256


def _settle(gateway, digest, now_ms):
    with db.write():
        fresh = {
            "credential_sha256": digest, "certificate_sha256": gateway.next_certificate_sha256,
            "next_sha256": None, "next_certificate_sha256": None, "credential_ms": now_ms, "renew": False,
        }  # fmt: skip
        Gateway.update(fresh).where(Gateway.id == gateway.id, Gateway.next_sha256 == digest).execute()
    gateway.certificate_sha256 = gateway.next_certificate_sha256


def renew(data_dir, gateway, csr_pem, years, now_ms):
    """A new credential and certificate beside the ones that count: {"credential", "certificate", "ca"}.

    Asked for again before it was used, the earlier one is forgotten. Raises ValueError for a request that is no good.
    """
    with db.write():
        certificate = issue_gateway(data_dir, gateway.gateway_id, csr_pem, years, now_ms)
        credential = secrets.token_urlsafe(32)
        fresh = {"next_sha256": sha256(credential), "next_certificate_sha256": fingerprint(certificate)}
        Gateway.update(fresh).where(Gateway.id == gateway.id).execute()
        audit.note("gateway.renew", f"gateway {gateway.gateway_id}")
    return {"credential": credential, "certificate": certificate, "ca": ca_pem(data_dir, A01).decode()}


def ask_renewal(gateway_id):
    """Have a gateway fetch a new credential when it next asks for its terminals. Raises ActionError."""
    with db.write():
        gateway = gateway_named(gateway_id)
        gateway.renew = True
        gateway.save()
        audit.note("gateway.ask_renewal", f"gateway {gateway_id}")


def renewal_due(gateway, days, now_ms):
    """Whether a gateway is to fetch a new credential now: it was asked to, or its own has served for so many days."""
    since_ms = gateway.credential_ms or gateway.enrolled_ms or now_ms
    return gateway.renew or now_ms - since_ms >= days * DAY_MS
