"""One's own tokens: made, shown once, ended; when each was used last."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField, SubmitField
from wtforms.validators import DataRequired, Length, NumberRange

from collector import accounts
from collector.accounts.models import ApiToken
from collector.clock import now_ms
from collector.errors import ActionError
from collector.web import needs
from collector.web.words import TOKEN_WORDS

NAME_MOST, NETWORKS_MOST = 64, 400

pages = Blueprint("tokens", __name__, url_prefix="/account/tokens", template_folder="templates")


class TokenForm(FlaskForm):
    name = StringField(_l("Name, of the program that will use it"), validators=[DataRequired(), Length(max=NAME_MOST)])
    scope = SelectField(_l("What it may do"), choices=[(scope, TOKEN_WORDS[scope]) for scope in accounts.OWN_SCOPES])
    days = IntegerField(
        _l("It ends after so many days"), default=90, validators=[NumberRange(1, accounts.TOKEN_DAYS_MOST)]
    )
    networks = StringField(
        _l("Only from these addresses (10.1.2.0/24, 10.1.2.3); empty: from any"),
        validators=[Length(max=NETWORKS_MOST)],
    )
    submit = SubmitField(_l("Make a token"))


@pages.route("", methods=["GET", "POST"])
@needs("own")
def page():
    """One's own tokens; a new one is shown this one time."""
    form, made = TokenForm(), None
    if form.validate_on_submit():
        try:
            allowed = form.networks.data or ""
            made = accounts.add_token(
                form.name.data.strip(), now_ms(), form.scope.data, form.days.data, current_user.name, allowed
            )
        except ActionError:
            flash(gettext("Not made: the name is taken, or an address is none. Correct it."), "danger")
    tokens = ApiToken.select().where(ApiToken.user == current_user.user).order_by(ApiToken.id.desc())
    return render_template("accounts/tokens.html", form=form, made=made, tokens=list(tokens), now_ms=now_ms())


@pages.post("/<int:token_id>/revoke")
@needs("own")
def revoke(token_id):
    """End one of one's own tokens."""
    try:
        accounts.revoke_own_token(current_user.user, token_id, now_ms())
        flash(gettext("The token is ended."), "success")
    except ActionError:
        flash(gettext("This has ended already."), "warning")
    return redirect(url_for("tokens.page"))
