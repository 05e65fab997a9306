"""Signing in and out, and the guard before every page."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, SubmitField
from wtforms.validators import DataRequired, Length

from collector import accounts
from collector.clock import now_ms
from collector.web import own_path

# Open without signing in; everything else is closed. a02 asks for a gateway's credential, flashers for a token.
OPEN = {"static", "bootstrap.static", "vendored.chart_js", "accounts.sign_in", "language.change", "health"}
OPEN_BLUEPRINTS = {"a02", "flashers"}
TOKEN_BLUEPRINTS = {"api"}

pages = Blueprint("accounts", __name__, template_folder="templates")
sessions = LoginManager()
sessions.session_protection = "strong"


class SignedIn(UserMixin):
    """A User as the session knows it."""

    def __init__(self, user):
        self.user, self.name = user, user.name

    def get_id(self):
        """What the session remembers."""
        return accounts.session_id(self.user)


class SignInForm(FlaskForm):
    name = StringField(_l("User"), validators=[DataRequired(), Length(max=64)])
    password = PasswordField(_l("Password"), validators=[DataRequired(), Length(max=1024)])
    submit = SubmitField(_l("Sign in"))


def init(app):
    """Sessions, the pages of this room, and the guard."""
    sessions.init_app(app)
    app.register_blueprint(pages)
    app.before_request(require_person)


@sessions.user_loader
def load(text):
    """The person of a session, or None."""
    user = accounts.user_of_session(text)
    return SignedIn(user) if user else None


def require_person():
    """Closed unless listed as open: a signed-in person, or for the API a bearer token."""
    if request.endpoint is None or request.endpoint in OPEN or request.blueprint in OPEN_BLUEPRINTS:
        return None
    if current_user.is_authenticated:
        return None
    if request.blueprint in TOKEN_BLUEPRINTS:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        may_read = accounts.scope_of_token(token.strip(), now_ms()) == accounts.READ
        return None if scheme.lower() == "bearer" and may_read else abort(401)
    return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in():
    """Name and password; then on to the page that was asked for."""
    form = SignInForm()
    if form.validate_on_submit():
        user = _checked(form)
        if user:
            _begin_session(user)
            return redirect(own_path(request.args.get("next", "")))
    return render_template("accounts/sign_in.html", form=form)


def _checked(form):
    """The User, or None with a word on the page about what is wrong."""
    settings = current_app.config["SETTINGS"]
    try:
        user = accounts.sign_in(form.name.data, form.password.data, request.remote_addr or "", settings, now_ms())
    except accounts.SignInPaused as paused:
        minutes = -(-paused.wait_s // 60)
        flash(gettext("Too many wrong passwords. Try again in %(minutes)s minutes.", minutes=minutes), "danger")
        return None
    if user is None:
        flash(gettext("User or password is wrong. Check both and try again."), "danger")
    return user


def _begin_session(user):
    language = session.get("language")
    session.clear()
    session.permanent = True
    if language:
        session["language"] = language
    login_user(SignedIn(user))


@pages.post("/sign-out")
def sign_out():
    """End the session."""
    logout_user()
    return redirect(url_for("accounts.sign_in"))
