"""Accounts: who signs in, which program may read, and the places equipment stands in."""

from collector.accounts.actions import (
    PROVISION,
    READ,
    SCOPES,
    SignInPaused,
    add_administrator,
    add_token,
    revoke_token,
    scope_of_token,
    session_id,
    sha256,
    sign_in,
    user_of_session,
)
from collector.accounts.models import ApiToken, Department, Institution, Room, User
from collector.accounts.places import room_named

__all__ = (
    "PROVISION",
    "READ",
    "SCOPES",
    "scope_of_token",
    "ApiToken",
    "Department",
    "Institution",
    "Room",
    "SignInPaused",
    "User",
    "add_administrator",
    "add_token",
    "revoke_token",
    "room_named",
    "session_id",
    "sha256",
    "sign_in",
    "user_of_session",
)
