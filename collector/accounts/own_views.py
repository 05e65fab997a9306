"""One's own account: password, second factor, sessions."""

from zoneinfo import available_timezones

import segno
from flask import Blueprint, current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField, SubmitField
from wtforms.validators import DataRequired, Length

from collector import accounts, db
from collector.accounts import passwords, second_factor, sessions
from collector.accounts.models import UserScope
from collector.accounts.views import NewPasswordForm, password_rules
from collector.clock import now_ms
from collector.errors import ActionError
from collector.web import LANGUAGES, needs

pages = Blueprint("own", __name__, url_prefix="/account", template_folder="templates")


class PasswordForm(NewPasswordForm):
    present = PasswordField(_l("Present password"), validators=[DataRequired(), Length(max=1024)])


class FactorForm(FlaskForm):
    present = PasswordField(_l("Present password"), validators=[DataRequired(), Length(max=1024)])
    code = StringField(
        _l("Code the authenticator shows"),
        validators=[DataRequired(), Length(max=10)],
        render_kw={"autocomplete": "one-time-code"},
    )
    submit = SubmitField(_l("Use this second factor"))


class SettingsForm(FlaskForm):
    zone = StringField(
        _l("Time zone, such as Asia/Urumqi; empty: the institution's"),
        validators=[Length(max=60)],
        render_kw={"list": "zones", "autocomplete": "off"},
    )
    language = SelectField(_l("Language"), choices=[("", _l("as the browser")), *LANGUAGES.items()])
    submit = SubmitField(_l("Keep these settings"))


@pages.get("")
@needs("own")
def page():
    """Who one is here, what one sees, where one is signed in."""
    user, now = current_user.user, now_ms()
    return render_template(
        "accounts/own.html",
        user=user,
        scopes=list(UserScope.held_by(user, now)),
        sessions=sessions.open_sessions(user, current_app.config["SETTINGS"], now),
        mine=current_user.session.id,
        form=SettingsForm(zone=user.zone, language=user.language),
        zones=sorted(available_timezones()),
    )


@pages.post("/settings")
@needs("own")
def settings():
    """Time zone and language of what one is shown, at every browser."""
    form = SettingsForm()
    if form.validate_on_submit():
        try:
            accounts.change_settings(current_user.user, (form.zone.data or "").strip(), form.language.data)
            session.pop("language", None)
            flash(gettext("The settings are kept."), "success")
        except ActionError:
            flash(gettext("This is no time zone. Choose one of the list, or leave it empty."), "danger")
    return redirect(url_for("own.page"))


@pages.route("/password", methods=["GET", "POST"])
@needs("own")
def password():
    """Another password; the sessions of other browsers end, this one begins anew."""
    form, user = PasswordForm(), current_user.user
    old = passwords.is_old(user, current_app.config["SETTINGS"], now_ms())
    if form.validate_on_submit():
        if not passwords.matches(user.password_hash, form.present.data):
            flash(gettext("The present password is wrong. Type it again."), "danger")
        else:
            try:
                accounts.change_password(user, form.present.data, form.password.data, now_ms(), None)
                flash(gettext("The password is kept. Sign in with it."), "success")
                return redirect(url_for("accounts.sign_in"))
            except ActionError:
                flash(password_rules(), "danger")
    return render_template("accounts/password.html", form=form, old=old)


@pages.route("/second-factor", methods=["GET", "POST"])
@needs("own")
def factor():
    """An authenticator is shown a secret and proves that it has it; then come the recovery codes, once."""
    form, user = FactorForm(), current_user.user
    if form.validate_on_submit():
        if not _knows(user, form.present.data):
            flash(gettext("The present password is wrong. Type it again."), "danger")
        else:
            try:
                codes = second_factor.begin(user, form.code.data, now_ms())
                return render_template("accounts/recovery_codes.html", codes=codes)
            except ActionError:
                flash(gettext("This code does not serve. Wait for the next one and type that."), "danger")
    address, secret = second_factor.offered(user)
    picture = segno.make(address, error="m").svg_data_uri(scale=4, border=2)
    due = second_factor.is_due(user, current_app.config["SETTINGS"])
    return render_template("accounts/second_factor.html", form=form, picture=picture, secret=secret, due=due)


@pages.post("/recovery-codes")
@needs("own")
def recovery_codes():
    """New recovery codes, shown this one time."""
    user = current_user.user
    if user.totp is None:
        return redirect(url_for("own.factor"))
    with db.write():
        codes = second_factor.recovery_codes(user)
    return render_template("accounts/recovery_codes.html", codes=codes)


@pages.post("/sessions/<int:session_id>/end")
@needs("own")
def end_session(session_id):
    """End a session of one's own at another browser."""
    try:
        sessions.end(current_user.user, session_id, now_ms())
        flash(gettext("The session is ended."), "success")
    except ActionError:
        flash(gettext("This has ended already."), "warning")
    return redirect(url_for("own.page"))


def _knows(user, password):
    try:
        return accounts.knows_password(user, password, current_app.config["SETTINGS"])
    except accounts.DirectoryAway:
        return False
