"""Tokens: programs that may do one thing at /api/v1, and see what a person sees."""

import hashlib
import secrets

from collector import audit, db
from collector.accounts import networks
from collector.accounts.models import ApiToken, User
from collector.errors import ActionError

READ, WRITE, PROVISION = SCOPES = ("read", "write", "provision")
OWN_SCOPES = (READ, WRITE)  # what one makes for oneself
TOKEN_DAYS_MOST = 366
DAY_MS = 86_400_000
TOUCH_MS = 60_000


def sha256(text):
    """Hexadecimal SHA-256: how credentials of programs are kept (they are random, so no slow hash is needed)."""
    return hashlib.sha256(text.encode()).hexdigest()


def add_token(name, now_ms, scope=READ, days=None, user=None, allowed=""):
    """A new token for one scope, shown this one time; without days it does not end. Raises ActionError.

    `user`: the name of who is behind it; the token sees what that person sees and ends with the account. `allowed`: the
    networks it serves from, separated by commas; from everywhere without.
    """
    if scope not in SCOPES:
        raise ActionError(f"the scope {scope!r} is none of {', '.join(SCOPES)}")
    if scope == WRITE and user is None:
        raise ActionError("a token that may change things belongs to a person; say whose: --user NAME")
    token, allowed = secrets.token_urlsafe(32), networks.read(allowed)
    expires_ms = None if days is None else now_ms + days * DAY_MS
    with db.write():
        if ApiToken.get_or_none(ApiToken.name == name):
            raise ActionError(f"there is a token {name!r} already; choose another name")
        owner = None if user is None else user_named(user)
        ApiToken.create(
            name=name, sha256=sha256(token), created_ms=now_ms, scope=scope, expires_ms=expires_ms, user=owner,
            networks=allowed,
        )  # fmt: skip
        said = {"scope": scope, "days": days, "user": user, "networks": allowed}
        audit.note("token.add", f"token {name}", after=said)
    return token


def revoke_token(name, now_ms):
    """End a token. Raises ActionError when there is none of this name."""
    with db.write():
        changed = ApiToken.update(revoked_ms=now_ms).where(ApiToken.name == name).execute()
        if not changed:
            raise ActionError(f"there is no token {name!r}; `token list` names them")
        audit.note("token.revoke", f"token {name}")


def revoke_own_token(user, token_id, now_ms):
    """End a token of a User. Raises ActionError when it is none of theirs."""
    with db.write():
        found = ApiToken.get_or_none((ApiToken.id == token_id) & (ApiToken.user == user))
        if found is None or found.revoked_ms is not None:
            raise ActionError("this token has ended already")
        revoke_token(found.name, now_ms)


def end_tokens(user, now_ms):
    """End all tokens of a User. Call it inside a transaction."""
    for one in ApiToken.select().where((ApiToken.user == user) & ApiToken.revoked_ms.is_null()):
        revoke_token(one.name, now_ms)


def touch(token, now_ms):
    """A token was used; written down once a minute."""
    if now_ms - (token.seen_ms or 0) >= TOUCH_MS:
        db.jot(ApiToken.update(seen_ms=now_ms).where(ApiToken.id == token.id).execute)


def token_of(text, now_ms, address=""):
    """The ApiToken of a bearer token that counts now and here, or None: unknown, revoked, too old, of a person whose
    account has an end, or not for this address."""
    found = ApiToken.get_or_none(ApiToken.sha256 == sha256(text))
    if found is None or found.revoked_ms is not None or (found.expires_ms or now_ms) < now_ms:
        return None
    if not networks.holds(found.networks, address):
        return None
    return None if found.user is not None and found.user.disabled_ms is not None else found


def user_named(name):
    """The User of a name. Raises ActionError."""
    found = User.get_or_none(User.name == name)
    if found is None:
        raise ActionError(f"there is no user {name!r}; `user list` names them")
    return found
