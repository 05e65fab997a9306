"""Signing in, first administrator, tokens: each action is one transaction."""

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from collector import db
from collector.accounts.models import ApiToken, SignInFailure, User
from collector.errors import ActionError

MIN_PASSWORD = 10
READ, PROVISION = SCOPES = ("read", "provision")
DAY_MS = 86_400_000
PER_ADDRESS = 4  # an address may fail this many times as often as a name

_hasher = PasswordHasher()
# Verified when a name is unknown, so that the answer takes as long as for a known one.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$wPLPOO+ByVeERyD+MWVh4g$2OprleIOn8imP6rBNvqSyLeFS+NIYPZw8ANiYiVgPG0"


class SignInPaused(Exception):
    """Too many wrong passwords; `wait_s` until the next try is looked at."""

    def __init__(self, wait_s):
        super().__init__(f"too many wrong passwords; wait {wait_s} s")
        self.wait_s = wait_s


def add_administrator(name, password, now_ms):
    """The new User. Raises ActionError on a taken name or a weak password."""
    name = name.strip()
    if not name or len(name) > 64:
        raise ActionError(f"the user name {name!r} is empty or longer than 64 characters; choose another")
    if len(password) < MIN_PASSWORD:
        raise ActionError(f"the password has {len(password)} characters; take at least {MIN_PASSWORD}")
    with db.write():
        if User.get_or_none(User.name == name):
            raise ActionError(f"there is a user {name!r} already; choose another name")
        return User.create(name=name, password_hash=_hasher.hash(password), created_ms=now_ms)


def sign_in(name, password, address, settings, now_ms):
    """The User, or None when name or password are wrong. Raises SignInPaused after too many failures."""
    since_ms = now_ms - settings["signin_pause_s"] * 1000
    with db.write():
        SignInFailure.delete().where(SignInFailure.at_ms < since_ms).execute()
        _refuse_when_paused(name, address, settings)
        # Counted before the password is looked at, so that many tries at once are many tries.
        failure = SignInFailure.create(name=name[:64], address=address, at_ms=now_ms)
    user = User.get_or_none(User.name == name)
    if not _matches(user.password_hash if user else _NOBODY, password) or user is None:
        return None
    with db.write():
        failure.delete_instance()
    return user


def _refuse_when_paused(name, address, settings):
    allowed = settings["signin_failures"]
    by_name = SignInFailure.select().where(SignInFailure.name == name[:64]).count()
    by_address = SignInFailure.select().where(SignInFailure.address == address).count()
    if by_name >= allowed or by_address >= allowed * PER_ADDRESS:
        raise SignInPaused(settings["signin_pause_s"])


def _matches(password_hash, password):
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def session_id(user):
    """What a session remembers of a user: it ends when the password changes."""
    return f"{user.id}.{sha256(user.password_hash)[:16]}"


def user_of_session(text):
    """The User a session belongs to, or None when there is no such user or the password has changed since."""
    number = text.partition(".")[0]
    user = User.get_or_none(User.id == int(number)) if number.isdecimal() else None
    return user if user and secrets.compare_digest(session_id(user), text) else None


def sha256(text):
    """Hexadecimal SHA-256: how credentials of programs are kept (they are random, so no slow hash is needed)."""
    return hashlib.sha256(text.encode()).hexdigest()


def add_token(name, now_ms, scope=READ, days=None):
    """A new token for one scope, shown this one time; without days it does not end. Raises ActionError."""
    if scope not in SCOPES:
        raise ActionError(f"the scope {scope!r} is none of {', '.join(SCOPES)}")
    token = secrets.token_urlsafe(32)
    expires_ms = None if days is None else now_ms + days * DAY_MS
    with db.write():
        if ApiToken.get_or_none(ApiToken.name == name):
            raise ActionError(f"there is a token {name!r} already; choose another name")
        ApiToken.create(name=name, sha256=sha256(token), created_ms=now_ms, scope=scope, expires_ms=expires_ms)
    return token


def revoke_token(name, now_ms):
    """End a token. Raises ActionError when there is none of this name."""
    with db.write():
        changed = ApiToken.update(revoked_ms=now_ms).where(ApiToken.name == name).execute()
    if not changed:
        raise ActionError(f"there is no token {name!r}; `token list` names them")


def scope_of_token(token, now_ms):
    """What a bearer token may do now, or None."""
    found = ApiToken.get_or_none(ApiToken.sha256 == sha256(token))
    if found is None or found.revoked_ms is not None or (found.expires_ms or now_ms) < now_ms:
        return None
    return found.scope
