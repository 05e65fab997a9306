"""The guard before every page: closed unless listed as open; then the right it needs, and what may be seen there."""

from flask import abort, current_app, g, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user

from collector import accounts, audit
from collector.accounts import passwords, second_factor, sessions
from collector.accounts.roles import ROLES
from collector.clock import now_ms

# Open without signing in; everything else is closed. a02 asks for a gateway's credential, flashers for a token.
OPEN = {
    "static", "bootstrap.static", "vendored.chart_js", "accounts.sign_in", "accounts.second_step",
    "accounts.accept_invitation", "language.change", "look.change", "health",
}  # fmt: skip
OPEN_BLUEPRINTS = {"a02", "flashers"}
TOKEN_BLUEPRINTS = {"api"}
TOKEN_RIGHTS = {accounts.READ: frozenset({"equipment.read"})}
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
    login.init_app(app)
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
    if request.blueprint in TOKEN_BLUEPRINTS and request.authorization:
        return _for_token(request.authorization)
    if current_user.is_authenticated:
        return _for_person(current_user)
    if request.endpoint in OPEN:
        return None
    if request.blueprint in TOKEN_BLUEPRINTS:
        abort(401)
    return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))


def _for_token(authorization):
    token = accounts.token_of(authorization.token or "", now_ms()) if authorization.type == "bearer" else None
    if token is None:
        abort(401)
    user = token.user
    audit.act_as(f"token {token.name}", user.role if user else "", request.remote_addr or "")
    rights = TOKEN_RIGHTS.get(token.scope, frozenset()) & (ROLES[user.role].rights if user else set(accounts.RIGHTS))
    return _enter(rights, accounts.scope_of(user, now_ms()) if user else accounts.EVERYTHING)


def _for_person(signed_in):
    user = signed_in.user
    audit.act_as(user.name, user.role, request.remote_addr or "")
    g.rights, g.scope = ROLES[user.role].rights, accounts.scope_of(user, now_ms())
    if request.endpoint in OPEN or request.endpoint == "accounts.sign_out":
        return None
    if request.blueprint not in TOKEN_BLUEPRINTS:
        sessions.touch(signed_in.session, now_ms())  # a page that looks for news by itself is no act of a person
    duty = _duty(user)
    if duty is not None and request.endpoint != DUTIES[duty]:
        return abort(403) if request.blueprint in TOKEN_BLUEPRINTS else redirect(url_for(DUTIES[duty]))
    if request.endpoint == FIRST_PAGE and ROLES[user.role].home != FIRST_PAGE:
        return redirect(url_for(ROLES[user.role].home))
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
