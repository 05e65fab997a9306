"""The guard before every page: closed unless listed as open; then the right it needs, and what may be seen there."""

from flask import abort, current_app, g, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user

from collector import accounts, api, audit
from collector.accounts import directory, passwords, second_factor, sessions, tokens
from collector.accounts.roles import ROLES
from collector.api.pace import Pace
from collector.clock import now_ms
from collector.web.problems import Refused

# Open without signing in; everything else is closed. a02 asks for a gateway's credential, flashers for a token.
OPEN = {
    "static", "bootstrap.static", "vendored.chart_js", "accounts.sign_in", "accounts.second_step",
    "accounts.accept_invitation", "language.change", "look.change", "health",
    "document.openapi",
}  # fmt: skip
OPEN_BLUEPRINTS = {"a02", "flashers"}
SAFE = ("GET", "HEAD", "OPTIONS")
OF_NOBODY = frozenset({"equipment.read"})  # what a token reads that was made on the command line for no person
FIRST_PAGE = "dashboard.first_page"
DUTIES = {  # what has to be done before anything else -> the page to do it on
    "password": "own.password",
    "second_factor": "own.factor",
}

login = LoginManager()
login.session_protection = None  # sessions.py does it, on the server


class SignedIn(UserMixin):
    """A session with its User, as flask_login knows it."""

    def __init__(self, session, text):
        self.session, self.user, self.name, self._text = session, session.user, session.user.name, text

    def get_id(self):
        """What the browser keeps."""
        return self._text


def init(app):
    """Sessions and the guard."""
    directory.checked(app.config["SETTINGS"])
    login.init_app(app)
    per_min = app.config["SETTINGS"]["api_per_min"]
    app.extensions["pace"] = Pace(per_min, max(1, per_min // 6))
    app.before_request(require_right)


@login.user_loader
def load(text):
    """The person of a browser's session, or None."""
    agent = request.headers.get("User-Agent", "")
    found = sessions.session_of(text, agent, current_app.config["SETTINGS"], now_ms())
    return SignedIn(found, text) if found else None


def require_right():
    """None to go on; else where to go first, or 401, 403."""
    if request.endpoint is None or request.blueprint in OPEN_BLUEPRINTS:
        return None
    if _is_program() and "Authorization" in request.headers:
        return None if request.endpoint in OPEN else _for_token(request.authorization)
    if current_user.is_authenticated:
        return _for_person(current_user)
    if request.endpoint in OPEN:
        return None
    if _is_program():
        return _nobody()
    return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))


def _is_program():
    return request.path.startswith(f"{api.PREFIX}/")


def _nobody():
    _keep_pace(f"address:{request.remote_addr}")
    raise Refused("unauthorized", "", headers={"WWW-Authenticate": "Bearer"})


def _keep_pace(caller):
    g.caller = caller
    wait_s = current_app.extensions["pace"].wait_s(caller, now_ms())
    if wait_s:
        raise Refused("too_many", f"wait {wait_s} s, then go on", headers={"Retry-After": str(wait_s)})


def _for_token(authorization):
    bearer = authorization is not None and authorization.type == "bearer"
    address = request.remote_addr or ""
    token = accounts.token_of(authorization.token or "", now_ms(), address) if bearer else None
    if token is None:
        return _nobody()
    user = token.user
    name = f"{user.name} by token {token.name}" if user else f"token {token.name}"
    audit.act_as(name, user.role if user else "", address)
    _keep_pace(f"token:{token.id}")
    tokens.touch(token, now_ms())
    g.user, g.token = user, token
    rights = ROLES[user.role].rights if user else OF_NOBODY
    may_do_so = token.scope == accounts.WRITE or (token.scope == accounts.READ and request.method in SAFE)
    return _enter(
        rights if may_do_so else frozenset(), accounts.scope_of(user, now_ms()) if user else accounts.EVERYTHING
    )


def _for_person(signed_in):
    user = signed_in.user
    audit.act_as(user.name, user.role, request.remote_addr or "")
    g.rights, g.scope = ROLES[user.role].rights, accounts.scope_of(user, now_ms())
    g.zone, g.language = user.zone, user.language
    if request.endpoint in OPEN or request.endpoint == "accounts.sign_out":
        return None
    if _is_program():
        return _for_script(user)
    sessions.touch(signed_in.session, now_ms())
    duty = _duty(user)
    if duty is not None and request.endpoint != DUTIES[duty]:
        return redirect(url_for(DUTIES[duty]))
    if request.endpoint == FIRST_PAGE and ROLES[user.role].home != FIRST_PAGE:
        return redirect(url_for(ROLES[user.role].home))
    return _enter(g.rights, g.scope)


def _for_script(user):
    """A page that looks for news by itself: no act of a person. What changes something takes a token, which no browser
    sends by itself."""
    if request.method not in SAFE:
        raise Refused("unauthorized", "a session only reads here; send a token of scope write")
    _keep_pace(f"user:{user.id}")
    g.user, g.token = user, None
    if _duty(user) is not None:
        abort(403)
    return _enter(g.rights, g.scope)


def _duty(user):
    settings = current_app.config["SETTINGS"]
    if passwords.is_old(user, settings, now_ms()):
        return "password"
    return "second_factor" if second_factor.is_due(user, settings) else None


def _enter(rights, scope):
    g.rights, g.scope = rights, scope
    right = getattr(current_app.view_functions[request.endpoint], "right", None)
    if right not in rights:
        audit.note("page.open", f"{request.method} {request.path}"[:200], after={"needs": right}, outcome=audit.REFUSED)
        abort(403)
