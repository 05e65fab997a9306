"""Accounts: who signs in, what each may do and see, which program may read, and the places equipment stands in."""

from collector.accounts.actions import SignInPaused, second_step, sign_in
from collector.accounts.models import ApiToken, Department, Institution, Room, User
from collector.accounts.people import (
    accept,
    add_administrator,
    add_person,
    change_password,
    change_role,
    disable,
    enable,
    end_scope,
    give_scope,
    invite,
    invited,
)
from collector.accounts.places import room_named
from collector.accounts.roles import ADMINISTRATORS, RIGHTS, ROLES
from collector.accounts.scope import EVERYTHING, NOTHING, scope_of
from collector.accounts.tokens import PROVISION, READ, SCOPES, add_token, revoke_token, sha256, token_of, user_named

__all__ = (
    "ADMINISTRATORS",
    "EVERYTHING",
    "NOTHING",
    "PROVISION",
    "READ",
    "RIGHTS",
    "ROLES",
    "SCOPES",
    "ApiToken",
    "Department",
    "Institution",
    "Room",
    "SignInPaused",
    "User",
    "accept",
    "add_administrator",
    "add_person",
    "add_token",
    "change_password",
    "change_role",
    "disable",
    "enable",
    "end_scope",
    "give_scope",
    "invite",
    "invited",
    "revoke_token",
    "room_named",
    "scope_of",
    "second_step",
    "sha256",
    "sign_in",
    "token_of",
    "user_named",
)
