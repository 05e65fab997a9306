"""Passwords: which are good enough, and how one is kept and looked at."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from collector.accounts.models import PasswordPast, User
from collector.errors import ActionError

SHORTEST, LONG, LONGEST, KINDS_LEAST = 10, 20, 1024, 3
REMEMBERED = 5
DAY_MS = 86_400_000

_hasher = PasswordHasher()
# Verified when a name is unknown, so that the answer takes as long as for a known one.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$wPLPOO+ByVeERyD+MWVh4g$2OprleIOn8imP6rBNvqSyLeFS+NIYPZw8ANiYiVgPG0"

KINDS = (str.islower, str.isupper, str.isdigit, lambda sign: not sign.isalnum())


def require_good(name, password):
    """Raises ActionError for a password that is too short, of too few kinds of signs, or holds the user's name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ActionError(f"the password has {len(password)} characters; take {SHORTEST} to {LONGEST}")
    kinds = sum(any(kind(sign) for sign in password) for kind in KINDS)
    if len(password) < LONG and kinds < KINDS_LEAST:
        raise ActionError(
            f"the password has {kinds} kinds of signs; take {KINDS_LEAST} of small letters, capital letters, digits, "
            f"other signs, or {LONG} characters"
        )
    if name.lower() in password.lower() or len(set(password)) < 5:
        raise ActionError("the password holds the user's name or few different signs; choose another")


def hashed(password):
    """The argon2 hash that is kept."""
    return _hasher.hash(password)


def matches(password_hash, password):
    """Whether a password is the one that was hashed."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def replace(user, password, now_ms):
    """Give a User another password. Call it inside a transaction. Raises ActionError for a weak or a used one."""
    require_good(user.name, password)
    past = PasswordPast.select().where(PasswordPast.user == user).order_by(PasswordPast.id.desc()).limit(REMEMBERED)
    if any(matches(old, password) for old in (user.password_hash, *(one.password_hash for one in past))):
        raise ActionError(f"the password is one of the last {REMEMBERED + 1}; choose another")
    if user.password_hash:
        PasswordPast.create(user=user, password_hash=user.password_hash, until_ms=now_ms)
    user.password_hash, user.password_ms = hashed(password), now_ms
    User.update(password_hash=user.password_hash, password_ms=now_ms).where(User.id == user.id).execute()


def is_old(user, settings, now_ms):
    """Whether the password has served for its days and is to be replaced; a directory has rules of its own."""
    return not user.directory and now_ms - user.password_ms >= settings["password_days"] * DAY_MS
