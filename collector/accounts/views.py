"""Signing in and out, and taking an invitation."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, SubmitField
from wtforms.validators import DataRequired, EqualTo, Length

from collector import accounts, audit
from collector.accounts import sessions
from collector.accounts.guard import SignedIn
from collector.clock import now_ms
from collector.errors import ActionError
from collector.web import needs, own_path

PENDING_MS = 300_000  # so long the second factor may take after the password

pages = Blueprint("accounts", __name__, template_folder="templates")


class SignInForm(FlaskForm):
    name = StringField(_l("User"), validators=[DataRequired(), Length(max=64)])
    password = PasswordField(_l("Password"), validators=[DataRequired(), Length(max=1024)])
    submit = SubmitField(_l("Sign in"))


class CodeForm(FlaskForm):
    code = StringField(
        _l("Code of your authenticator, or a recovery code"),
        validators=[DataRequired(), Length(max=40)],
        render_kw={"autocomplete": "one-time-code", "autofocus": True},
    )
    submit = SubmitField(_l("Go on"))


class NewPasswordForm(FlaskForm):
    password = PasswordField(_l("New password"), validators=[DataRequired(), Length(max=1024)])
    again = PasswordField(
        _l("New password again"), validators=[DataRequired(), EqualTo("password", _l("The two are not the same."))]
    )
    submit = SubmitField(_l("Keep this password"))


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in():
    """Name and password; then the second factor, or on to the page that was asked for."""
    form = SignInForm()
    if form.validate_on_submit():
        wrong = gettext("User or password is wrong. Check both and try again.")
        user = _asked(accounts.sign_in, wrong, form.name.data, form.password.data)
        if user is not None and user.totp is not None:
            _forget()
            session["pending"] = {"user": user.id, "since_ms": now_ms(), "next": request.args.get("next", "")}
            return redirect(url_for("accounts.second_step"))
        if user is not None:
            return _begin_session(user, request.args.get("next", ""))
    return render_template("accounts/sign_in.html", form=form)


@pages.route("/sign-in/second", methods=["GET", "POST"])
def second_step():
    """The second factor of who has given the right password a moment ago."""
    pending = session.get("pending")
    user = pending and accounts.User.get_or_none(accounts.User.id == pending["user"])
    if not user or user.totp is None or now_ms() - pending["since_ms"] > PENDING_MS:
        return redirect(url_for("accounts.sign_in"))
    form = CodeForm()
    if form.validate_on_submit():
        wrong = gettext("This code does not serve. Wait for the next one and type that.")
        if _asked(accounts.second_step, wrong, user, form.code.data):
            return _begin_session(user, pending["next"])
    return render_template("accounts/second_step.html", form=form)


def _asked(action, wrong, *given):
    """What an action gives; when that is nothing, the page says that it was wrong, or that there is a pause."""
    try:
        answer = action(*given, request.remote_addr or "", current_app.config["SETTINGS"], now_ms())
        if not answer:
            flash(wrong, "danger")
        return answer
    except accounts.SignInPaused as paused:
        minutes = -(-paused.wait_s // 60)
        flash(gettext("Too many wrong passwords. Try again in %(minutes)s minutes.", minutes=minutes), "danger")
        return None
    except accounts.DirectoryAway as away:
        audit.note("sign_in.directory", "directory", after={"error": str(away)[:200]}, outcome=audit.REFUSED)
        flash(gettext("The directory does not answer. Try again; accounts of this platform still serve."), "danger")
        return None


def _forget():
    """Nothing of an earlier session goes on but the choices of looks."""
    kept = {name: session[name] for name in ("language", "look") if name in session}
    session.clear()
    session.update(kept)


def _begin_session(user, target):
    _forget()
    session.permanent = True
    settings, agent = current_app.config["SETTINGS"], request.headers.get("User-Agent", "")
    text = sessions.begin(user, request.remote_addr or "", agent, settings, now_ms())
    login_user(SignedIn(sessions.session_of(text, agent, settings, now_ms()), text))
    return redirect(own_path(target))


@pages.post("/sign-out")
@needs("own")
def sign_out():
    """End the session."""
    if current_user.is_authenticated:
        sessions.end(current_user.user, current_user.session.id, now_ms())
    logout_user()
    return redirect(url_for("accounts.sign_in"))


@pages.route("/invitation/<code>", methods=["GET", "POST"])
def accept_invitation(code):
    """A first password, or another one after the old was lost."""
    user = accounts.invited(code, now_ms()) or abort(404)
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            accounts.accept(code, form.password.data, now_ms())
            flash(gettext("The password is kept. Sign in with it."), "success")
            return redirect(url_for("accounts.sign_in"))
        except ActionError:
            flash(password_rules(), "danger")
    return render_template("accounts/invitation.html", form=form, user=user)


def password_rules():
    """What a password has to be, in the language of the page."""
    return gettext(
        "This password does not serve. Take 10 characters or more of three kinds (small letters, capital letters, "
        "digits, other signs), or 20 characters; without your name, and none of your last six."
    )
