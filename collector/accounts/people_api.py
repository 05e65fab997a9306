"""/api/v1/users: who has an account, with which role, and what ends; for who says who may do what."""

from flask import abort, current_app, g, url_for
from msgspec import Struct

from collector import accounts, api, audit
from collector.accounts import sessions
from collector.accounts.models import ApiToken, User, UserScope
from collector.accounts.told import Role, ScopeTold, TokenTold, UserTold, scope_told, token_told, user_told
from collector.clock import now_ms
from collector.web import needs
from collector.web.problems import Refused


class UserEntered(Struct):
    """A new account."""

    name: api.Name
    role: Role


class InvitationTold(Struct):
    """The address at which a person sets a password, once; said this one time."""

    user: UserTold
    link: str
    hours: int


class UserChanged(Struct):
    """Another role, or an end of the account; null leaves it as it is."""

    role: Role | None = None
    ended: bool | None = None


class SessionTold(Struct):
    """A browser somebody is signed in at."""

    id: int
    address: str
    agent: str
    created_ms: int
    seen_ms: int


door = api.room("people")


@door.get("/users")
@needs("accounts.read")
@api.speaks(api.Page[UserTold], asks=api.Paged)
def list_users(asked):
    """Everybody who has an account."""
    audit.note("people.read", "all users")
    return api.page(User.select(), User.id, asked, user_told)


@door.post("/users")
@needs("accounts.write")
@api.speaks(InvitationTold, status=201, takes=UserEntered)
def add(body):
    """A new account, and the invitation with which its person sets a password."""
    return _invited(accounts.add_person(body.name, body.role, now_ms()))


@door.get("/users/<int:user_id>")
@needs("accounts.read")
@api.speaks(UserTold)
def one(user_id):
    """One person."""
    return user_told(_person(user_id))


@door.patch("/users/<int:user_id>")
@needs("accounts.write")
@api.speaks(UserTold, takes=UserChanged)
def change(user_id, body):
    """Another role, or the end of the account; never one's own."""
    user = _other(user_id)
    if body.role is not None and body.role != user.role:
        accounts.change_role(user, body.role, now_ms())
    if body.ended is not None and body.ended != (user.disabled_ms is not None):
        accounts.disable(user, now_ms()) if body.ended else accounts.enable(user)
    return user_told(_person(user_id))


@door.post("/users/<int:user_id>/invitation")
@needs("accounts.write")
@api.speaks(InvitationTold, status=201)
def invite(user_id):
    """Another invitation: for who lost the password or the second factor."""
    return _invited(_other(user_id))


@door.get("/users/<int:user_id>/scopes")
@needs("accounts.read")
@api.speaks(api.Page[ScopeTold], asks=api.Paged)
def scopes(user_id, asked):
    """What a person was given to see, also what has ended."""
    return api.page(UserScope.select().where(UserScope.user == _person(user_id)), UserScope.id, asked, scope_told)


@door.delete("/users/<int:user_id>/scopes/<int:scope_id>")
@needs("accounts.write")
@api.speaks(None)
def end_scope(user_id, scope_id):
    """End a part of what a person sees."""
    accounts.end_scope(_other(user_id), scope_id, now_ms())


@door.get("/users/<int:user_id>/sessions")
@needs("accounts.read")
@api.speaks(list[SessionTold])
def list_sessions(user_id):
    """Where a person is signed in."""
    found = sessions.open_sessions(_person(user_id), current_app.config["SETTINGS"], now_ms())
    return [api.told(SessionTold, one) for one in found]


@door.delete("/users/<int:user_id>/sessions/<int:session_id>")
@needs("accounts.write")
@api.speaks(None)
def end_session(user_id, session_id):
    """End somebody's session."""
    sessions.end(_person(user_id), session_id, now_ms())


@door.get("/users/<int:user_id>/tokens")
@needs("accounts.read")
@api.speaks(api.Page[TokenTold], asks=api.Paged)
def list_tokens(user_id, asked):
    """The tokens of a person, also those that have ended."""
    return api.page(ApiToken.select().where(ApiToken.user == _person(user_id)), ApiToken.id, asked, token_told)


@door.delete("/users/<int:user_id>/tokens/<int:token_id>")
@needs("accounts.write")
@api.speaks(None)
def end_token(user_id, token_id):
    """End a token of somebody else."""
    accounts.revoke_own_token(_other(user_id), token_id, now_ms())


def _other(user_id):
    """Somebody else than who asks: nobody changes the own role or scope. Raises Refused."""
    if g.user is not None and g.user.id == user_id:
        raise Refused("forbidden", "nobody changes the own role, scope or account; ask another security administrator")
    return _person(user_id)


def _person(user_id):
    return User.get_or_none(User.id == user_id) or abort(404)


def _invited(user):
    hours = current_app.config["SETTINGS"]["invitation_h"]
    code = accounts.invite(user, hours, now_ms())
    return InvitationTold(user_told(user), url_for("accounts.accept_invitation", code=code, _external=True), hours)
