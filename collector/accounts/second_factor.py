"""The second factor: codes of an authenticator (TOTP, RFC 6238), each taken once, and recovery codes on paper."""

import secrets

import pyotp

from collector import audit, db
from collector.accounts.models import RecoveryCode, User
from collector.accounts.tokens import sha256
from collector.errors import ActionError
from collector.keys import opened, sealed

STEP_S, DRIFT_STEPS = 30, 1
RECOVERY_CODES = 10
_SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is read as another


def is_due(user, settings):
    """Whether the role asks for a second factor and there is none yet."""
    return user.totp is None and user.role in settings["second_factor_roles"].split()


def offered(user):
    """(the address an authenticator reads, the secret in letters) that the User is to prove; the same until it was."""
    if user.totp_next is None:
        secret = pyotp.random_base32()
        user.totp_next = sealed(db.folder(), _about(user), secret.encode())
        with db.write():
            User.update(totp_next=user.totp_next).where(User.id == user.id).execute()
    secret = opened(db.folder(), _about(user), user.totp_next).decode()
    return pyotp.TOTP(secret).provisioning_uri(name=user.name, issuer_name="Gantry"), secret


def begin(user, code, now_ms):
    """The recovery codes, shown this one time, once a code proved the offered secret. Raises ActionError."""
    if user.totp_next is None:
        raise ActionError("no second factor was offered; load the page again")
    with db.write():
        step = _step_of(user, user.totp_next, code, now_ms)
        if step is None:
            raise ActionError(
                "the code is not the one of now; look at the clock of the authenticator and type it again"
            )
        User.update(totp=user.totp_next, totp_next=None, totp_step=step).where(User.id == user.id).execute()
        audit.note("second_factor.begin", f"user {user.name}")
        return recovery_codes(user)


def recovery_codes(user):
    """New recovery codes; the earlier ones end. Call it inside a transaction."""
    RecoveryCode.delete().where(RecoveryCode.user == user).execute()
    fresh = ["".join(secrets.choice(_SIGNS) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    for code in fresh:
        RecoveryCode.create(user=user, sha256=sha256(code))
    audit.note("recovery_codes.make", f"user {user.name}")
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in fresh]


def proves(user, code, now_ms):
    """Whether a code is the authenticator's of now, or a recovery code; either serves once."""
    code = code.strip().replace(" ", "").replace("-", "").upper()
    with db.write():
        step = _step_of(user, user.totp, code, now_ms)
        if step is not None:
            used = User.update(totp_step=step).where((User.id == user.id) & (User.totp_step < step)).execute()
            return used == 1
        found = (RecoveryCode.user == user) & (RecoveryCode.sha256 == sha256(code)) & RecoveryCode.used_ms.is_null()
        used = RecoveryCode.update(used_ms=now_ms).where(found).execute()
        if used:
            audit.note("recovery_code.use", f"user {user.name}")
        return used == 1


def _step_of(user, wrapped, code, now_ms):
    """The time step whose code it is, not used so far, or None."""
    totp = pyotp.TOTP(opened(db.folder(), _about(user), wrapped).decode(), interval=STEP_S)
    now = now_ms // 1000 // STEP_S
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if step > user.totp_step and secrets.compare_digest(totp.at(step * STEP_S).encode(), code.strip().encode()):
            return step
    return None


def _about(user):
    return f"totp:{user.id}"  # a terminal's id never has a colon
