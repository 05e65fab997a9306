"""Who is signed in: a row per browser, ended by time, by idleness, by too many others, by hand, by a new password."""

import secrets

from collector import audit, db
from collector.accounts.models import User, UserSession
from collector.accounts.tokens import sha256
from collector.errors import ActionError

TOUCH_MS = 60_000
AGENT_MOST = 200
HOUR_MS, MINUTE_MS = 3_600_000, 60_000


def begin(user, address, agent, settings, now_ms):
    """What the browser keeps; the oldest sessions of the User end when there are too many."""
    key = secrets.token_urlsafe(32)
    with db.write():
        others = list(_open(user).order_by(UserSession.seen_ms.desc()))
        for old in others[settings["sessions_most"] - 1 :]:
            _end(old, now_ms)
        UserSession.create(
            user=user, sha256=sha256(key), address=address, agent=agent[:AGENT_MOST], created_ms=now_ms, seen_ms=now_ms
        )
        audit.note("session.begin", f"user {user.name}", after={"agent": agent[:AGENT_MOST]})
    return f"{key}.{_stamp(user)}"


def session_of(text, agent, settings, now_ms):
    """The UserSession that a browser's text belongs to, with its User, or None when it has ended.

    It serves the browser it began in: another address may be a phone that moves, another program is not.
    """
    key, _, stamp = text.partition(".")
    found = UserSession.select(UserSession, User).join(User).where(UserSession.sha256 == sha256(key)).first()
    if found is None or found.ended_ms is not None or found.user.disabled_ms is not None:
        return None
    if found.agent != agent[:AGENT_MOST]:
        return None
    idle = now_ms - found.seen_ms > settings["session_idle_min"] * MINUTE_MS
    if idle or now_ms - found.created_ms > settings["session_h"] * HOUR_MS:
        return None
    return found if secrets.compare_digest(stamp, _stamp(found.user)) else None


def touch(session, now_ms):
    """Somebody has done something in it; written down once a minute."""
    if now_ms - session.seen_ms >= TOUCH_MS:
        db.jot(UserSession.update(seen_ms=now_ms).where(UserSession.id == session.id).execute)


def open_sessions(user, settings, now_ms):
    """[UserSession] of a User that still count, the newest first."""
    since_ms = now_ms - settings["session_idle_min"] * MINUTE_MS
    return list(_open(user).where(UserSession.seen_ms >= since_ms).order_by(UserSession.seen_ms.desc()))


def end(user, session_id, now_ms):
    """End one session of a User. Raises ActionError when it is none of theirs."""
    with db.write():
        found = _open(user).where(UserSession.id == session_id).first()
        if found is None:
            raise ActionError("this session has ended already")
        _end(found, now_ms)


def end_all(user, now_ms, but=None):
    """End all sessions of a User, but perhaps one. Call it inside a transaction."""
    for one in _open(user).where(UserSession.id != (but or 0)):
        _end(one, now_ms)


def _end(session, now_ms):
    UserSession.update(ended_ms=now_ms).where(UserSession.id == session.id).execute()
    audit.note("session.end", f"user {session.user.name}", before={"address": session.address})


def _open(user):
    return UserSession.select().where((UserSession.user == user) & UserSession.ended_ms.is_null())


def _stamp(user):
    """Changes with the password, so that every session ends with it."""
    return sha256(user.password_hash)[:16]
