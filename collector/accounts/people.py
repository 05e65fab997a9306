"""People: invited, given a role and a scope, ended. Done by a security administrator or on the command line."""

import secrets
from zoneinfo import available_timezones

from collector import audit, db
from collector.accounts import passwords, sessions
from collector.accounts.models import Invitation, RecoveryCode, User, UserScope
from collector.accounts.roles import ADMINISTRATORS, ROLES, VENDOR
from collector.accounts.tokens import end_tokens, sha256
from collector.errors import ActionError

NAME_MOST, WHY_MOST = 64, 200
HOUR_MS = 3_600_000


def add_administrator(name, password, now_ms, role=ADMINISTRATORS[0]):
    """The new User. Raises ActionError on a taken name or a weak password."""
    passwords.require_good(name.strip(), password)
    with db.write():
        user = _add(name, role, now_ms)
        user.password_hash, user.password_ms = passwords.hashed(password), now_ms
        user.save()
    return user


def add_person(name, role, now_ms):
    """A new User who cannot sign in before an invitation was taken. Raises ActionError."""
    with db.write():
        return _add(name, role, now_ms)


def vouched_for(name, role, now_ms):
    """A new User whose password a directory keeps. Raises ActionError."""
    with db.write():
        user = _add(name, role, now_ms)
        User.update(directory=1).where(User.id == user.id).execute()
        return User.get_by_id(user.id)


def _add(name, role, now_ms):
    name = name.strip()
    if not 0 < len(name) <= NAME_MOST or not name.isprintable():
        raise ActionError(f"the user name {name[:80]!r} is empty or longer than {NAME_MOST} characters; choose another")
    _require_role(role)
    if User.get_or_none(User.name == name):
        raise ActionError(f"there is a user {name!r} already; choose another name")
    audit.note("user.add", f"user {name}", after={"role": role})
    return User.create(name=name, password_hash="", created_ms=now_ms, role=role, password_ms=now_ms)


def invite(user, valid_h, now_ms):
    """A code that lets the User set a password once, shown this one time; earlier ones end."""
    if user.directory:
        raise ActionError(f"the directory keeps the password of {user.name}; there it is changed")
    code = secrets.token_urlsafe(24)
    with db.write():
        Invitation.update(used_ms=now_ms).where((Invitation.user == user) & Invitation.used_ms.is_null()).execute()
        Invitation.create(user=user, sha256=sha256(code), expires_ms=now_ms + valid_h * HOUR_MS)
        audit.note("user.invite", f"user {user.name}", after={"hours": valid_h})
    return code


def invited(code, now_ms):
    """The User whom a code invites, or None when it is unknown, used or too old."""
    found = Invitation.get_or_none(Invitation.sha256 == sha256(code))
    if found is None or found.used_ms is not None or found.expires_ms <= now_ms or found.user.disabled_ms is not None:
        return None
    return found.user


def accept(code, password, now_ms):
    """The User who has taken an invitation: sessions and second factor begin anew. Raises ActionError."""
    with db.write():
        user = invited(code, now_ms)
        if user is None:
            raise ActionError("the invitation is unknown, used or too old; ask for another")
        passwords.replace(user, password, now_ms)
        Invitation.update(used_ms=now_ms).where(Invitation.sha256 == sha256(code)).execute()
        User.update(totp=None, totp_next=None).where(User.id == user.id).execute()
        RecoveryCode.delete().where(RecoveryCode.user == user).execute()
        sessions.end_all(user, now_ms)
        end_tokens(user, now_ms)
        audit.note("user.accept", f"user {user.name}")
    return user


def change_password(user, old, new, now_ms, session_id):
    """Another password by the User; every other session ends. Raises ActionError."""
    if not passwords.matches(user.password_hash, old):
        raise ActionError("the present password is wrong; type it again")
    with db.write():
        passwords.replace(user, new, now_ms)
        sessions.end_all(user, now_ms, but=session_id)
        audit.note("password.change", f"user {user.name}")


def change_role(user, role, now_ms):
    """Another role; every session of the User ends. Raises ActionError."""
    _require_role(role)
    with db.write():
        audit.note("user.role", f"user {user.name}", {"role": user.role}, {"role": role})
        if role == VENDOR:  # what a vendor sees is given anew, with its end
            UserScope.update(until_ms=now_ms).where(UserScope.user == user).execute()
        User.update(role=role).where(User.id == user.id).execute()
        sessions.end_all(user, now_ms)


def change_settings(user, zone, language):
    """Time zone and language of what a User is shown; empty: as the institution, as the browser. Raises ActionError."""
    if zone and zone not in available_timezones():
        raise ActionError(f"{zone[:60]!r} is no time zone; write one such as Asia/Urumqi")
    with db.write():
        before = {"zone": user.zone, "language": user.language}
        User.update(zone=zone, language=language).where(User.id == user.id).execute()
        audit.note("user.settings", f"user {user.name}", before, {"zone": zone, "language": language})


def disable(user, now_ms):
    """End an account: no sign-in, no session, no token of it counts any more."""
    with db.write():
        User.update(disabled_ms=now_ms).where(User.id == user.id).execute()
        sessions.end_all(user, now_ms)
        audit.note("user.disable", f"user {user.name}")


def enable(user):
    """Take the end of an account back."""
    with db.write():
        User.update(disabled_ms=None).where(User.id == user.id).execute()
        audit.note("user.enable", f"user {user.name}")


def holders(right):
    """[User] without an end whose role has a right, by name."""
    roles = [name for name, role in ROLES.items() if right in role.rights]
    return list(User.select().where(User.disabled_ms.is_null() & (User.role << roles)).order_by(User.name))


def give_scope(user, kind, target, label, why, from_ms, until_ms):
    """A part of the hospital for a User to see. kind: institution, department or equipment; target: its number.

    A vendor sees single pieces of equipment only, for a reason (contract or visit) that ends. Raises ActionError.
    """
    if ROLES[user.role].sees_everything or "equipment.read" not in ROLES[user.role].rights:
        raise ActionError(f"the role {user.role} takes no scope")
    if user.role == VENDOR and (kind != "equipment" or until_ms is None or not why.strip()):
        raise ActionError("a vendor is given single pieces of equipment, with contract or visit and its last day")
    if len(why) > WHY_MOST or (until_ms is not None and until_ms <= from_ms):
        raise ActionError(f"the reason has more than {WHY_MOST} characters, or the end is not after the beginning")
    with db.write():
        given = UserScope.create(
            user=user, label=label, why=why.strip(), from_ms=from_ms, until_ms=until_ms, **{f"{kind}_id": target}
        )
        after = {"kind": kind, "of": label, "why": why.strip(), "until_ms": until_ms}
        audit.note("scope.give", f"user {user.name}", after=after)
    return given


def end_scope(user, scope_id, now_ms):
    """End a part of what a User sees. Raises ActionError when it is none of theirs."""
    with db.write():
        found = UserScope.get_or_none((UserScope.id == scope_id) & (UserScope.user == user))
        if found is None or (found.until_ms or now_ms) < now_ms:
            raise ActionError("this scope has ended already")
        UserScope.update(until_ms=now_ms).where(UserScope.id == scope_id).execute()
        audit.note("scope.end", f"user {user.name}", before={"of": found.label})


def _require_role(role):
    if role not in ROLES:
        raise ActionError(f"there is no role {role!r}; take one of {', '.join(ROLES)}")
