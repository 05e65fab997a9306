"""People and what they see as /api/v1 says it."""

from typing import Literal

from msgspec import Struct

from collector import api
from collector.accounts.roles import ROLES
from collector.accounts.tokens import SCOPES

Role = Literal[tuple(ROLES)]
KINDS = ("institution", "department", "equipment")


class UserTold(Struct):
    """Somebody who has an account."""

    id: int
    name: str
    role: Role
    created_ms: int
    ended_ms: int | None
    has_password: bool
    has_second_factor: bool


class ScopeTold(Struct):
    """A part of the hospital that a person sees from an instant to another."""

    id: int
    kind: Literal[KINDS]
    number: int
    label: str
    why: str
    from_ms: int
    until_ms: int | None


class TokenTold(Struct):
    """A token, never its secret."""

    id: int
    name: str
    scope: Literal[SCOPES]
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None
    seen_ms: int | None
    networks: str


def user_told(user):
    """A User as the API says it."""
    head = (user.id, user.name, user.role, user.created_ms, user.disabled_ms)
    return UserTold(*head, bool(user.password_hash), user.totp is not None)


def scope_told(one):
    """A UserScope as the API says it."""
    kind, number = next((kind, getattr(one, f"{kind}_id")) for kind in KINDS if getattr(one, f"{kind}_id"))
    return ScopeTold(one.id, kind, number, one.label, one.why, one.from_ms, one.until_ms)


def token_told(token):
    """An ApiToken as the API says it."""
    return api.told(TokenTold, token)
