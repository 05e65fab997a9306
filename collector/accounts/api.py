"""/api/v1/me: who asks, what that may do and see; the own tokens."""

from typing import Annotated, Literal

from flask import g
from msgspec import Meta, Struct

from collector import accounts, api
from collector.accounts.models import ApiToken, UserScope
from collector.accounts.told import ScopeTold, TokenTold, scope_told, token_told
from collector.clock import now_ms
from collector.web import LANGUAGES, needs
from collector.web.problems import Refused


class MeTold(Struct):
    """Who asks; a token of no person has neither name nor role."""

    name: str | None
    role: str | None
    token: str | None
    rights: list[str]
    sees_everything: bool
    scopes: list[ScopeTold]


class TokenEntered(Struct):
    """A new token of one's own: what it may do, and after how many days it ends."""

    name: api.Name
    scope: Literal[accounts.OWN_SCOPES]
    days: Annotated[int, Meta(ge=1, le=accounts.TOKEN_DAYS_MOST)]
    networks: Annotated[str, Meta(max_length=400, description="10.1.2.0/24, 10.1.2.3; empty: from everywhere")] = ""


class TokenMade(Struct):
    """A new token with its secret, said this one time."""

    token: TokenTold
    secret: str


class SettingsOwn(Struct):
    """Time zone and language of what one is shown; empty: as the institution, as the browser."""

    zone: api.Text
    language: Literal["", *LANGUAGES]


door = api.room("own")


@door.get("/me")
@needs("own")
@api.speaks(MeTold)
def me():
    """Who one is here, what one may do and see."""
    held = [scope_told(one) for one in UserScope.held_by(g.user, now_ms())] if g.user else []
    name, role = (g.user.name, g.user.role) if g.user else (None, None)
    return MeTold(name, role, g.token.name if g.token else None, sorted(g.rights), g.scope.everything, held)


@door.get("/me/settings")
@needs("own")
@api.speaks(SettingsOwn)
def settings():
    """How things are shown to oneself."""
    return SettingsOwn(g.user.zone, g.user.language)


@door.put("/me/settings")
@needs("own")
@api.speaks(SettingsOwn, takes=SettingsOwn)
def change_settings(body):
    """Have them shown otherwise, at every browser."""
    accounts.change_settings(g.user, body.zone.strip(), body.language)
    return SettingsOwn(body.zone.strip(), body.language)


@door.get("/me/tokens")
@needs("own")
@api.speaks(api.Page[TokenTold], asks=api.Paged)
def tokens(asked):
    """One's own tokens, also those that have ended."""
    return api.page(ApiToken.select().where(ApiToken.user == g.user), ApiToken.id, asked, token_told)


@door.post("/me/tokens")
@needs("own")
@api.speaks(TokenMade, status=201, takes=TokenEntered)
def make(body):
    """Another token of one's own; it ends no later than the one that asks for it."""
    ends_ms = now_ms() + body.days * accounts.DAY_MS
    if g.token is not None and g.token.expires_ms is not None and ends_ms > g.token.expires_ms:
        raise Refused("forbidden", "a token makes none that outlives it; make a longer one on the account page")
    secret = accounts.add_token(body.name, now_ms(), body.scope, body.days, g.user.name, body.networks)
    return TokenMade(token_told(ApiToken.get(ApiToken.name == body.name)), secret)


@door.delete("/me/tokens/<int:token_id>")
@needs("own")
@api.speaks(None)
def revoke(token_id):
    """End one of one's own tokens."""
    accounts.revoke_own_token(g.user, token_id, now_ms())
