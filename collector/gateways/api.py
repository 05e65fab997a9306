"""The door for flashers: POST /api/v1/terminals with a token that may provision. Errors are problem+json (RFC 9457)."""

import json

from flask import Blueprint, current_app, request
from msgspec import Struct

from collector import accounts, api, audit
from collector.clock import now_ms
from collector.gateways import registration

STATUS = {
    "token_missing": 401,
    "token_wrong": 401,
    "token_scope": 403,
    "registration_invalid": 400,
    "gateway_unknown": 422,
    "terminal_known": 409,
    "terminal_revoked": 409,
}

flashers = Blueprint("flashers", __name__, url_prefix=api.PREFIX)


class RegistrationTold(Struct):
    """A terminal that is known now, and whether it was not before."""

    terminal_id: str
    new: bool


@flashers.post("/terminals")
def add_terminal():
    """201 for a new terminal, 200 for one that is known with the same secret, which is never said again."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return _problem("token_missing", "send a token: `python -m collector token add NAME --scope provision`")
    found = accounts.token_of(token.strip(), now_ms(), request.remote_addr or "")
    if found is None:
        return _problem("token_wrong", "the token is unknown, revoked or too old; make a new one")
    if found.scope != accounts.PROVISION:
        return _problem("token_scope", f"the token may {found.scope}, not provision; make one with --scope provision")
    audit.act_as(f"token {found.name}", "", request.remote_addr or "")
    body = request.get_data(cache=False)
    try:
        terminal_id, new = registration.register(current_app.config["DATA_DIR"], body, "network", now_ms())
    except registration.RegistrationRefused as refused:
        return _problem(refused.code, str(refused))
    return {"terminal_id": terminal_id, "new": new}, 201 if new else 200


add_terminal.spoken = api.Spoken(RegistrationTold, 201, None, registration.TerminalEntered, also=(200,))


def _problem(code, detail):
    status = STATUS[code]
    said = {"type": "about:blank", "title": code, "status": status, "detail": detail}
    said |= {"instance": request.path, "code": code}
    return json.dumps(said), status, {"Content-Type": "application/problem+json"}
