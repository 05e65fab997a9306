"""People, for who says who may do what: list, invitation, role, scope, end."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, SubmitField
from wtforms.validators import DataRequired, Length

from collector import accounts, audit
from collector.accounts import sessions
from collector.accounts.models import Department, Institution, User, UserScope
from collector.clock import now_ms
from collector.errors import ActionError
from collector.web import needs
from collector.web.words import ROLE_WORDS

pages = Blueprint("people", __name__, url_prefix="/people", template_folder="templates")


class PersonForm(FlaskForm):
    name = StringField(_l("User"), validators=[DataRequired(), Length(max=64)])
    role = SelectField(_l("Role"), choices=list(ROLE_WORDS.items()), default="department_reader")
    submit = SubmitField(_l("Invite"))


class RoleForm(FlaskForm):
    role = SelectField(_l("Role"), choices=list(ROLE_WORDS.items()))
    submit = SubmitField(_l("Change role"))


@pages.get("")
@needs("accounts.read")
def first_page():
    """Everybody who has an account."""
    audit.note("people.read", "all users")
    return render_template("accounts/people.html", people=list(User.select().order_by(User.name)))


@pages.route("/new", methods=["GET", "POST"])
@needs("accounts.write")
def add():
    """A new account, and the invitation with which its person sets a password."""
    form = PersonForm()
    if form.validate_on_submit():
        try:
            user = accounts.add_person(form.name.data, form.role.data, now_ms())
            return _invited(user)
        except ActionError:
            flash(gettext("This name is taken or cannot be a name. Choose another."), "danger")
    return render_template("accounts/person_new.html", form=form)


@pages.get("/<int:user_id>")
@needs("accounts.read")
def one(user_id):
    """One person: role, what is seen and until when, sessions."""
    user, now = _person(user_id), now_ms()
    return render_template(
        "accounts/person.html",
        user=user,
        form=RoleForm(role=user.role),
        everything=accounts.ROLES[user.role].sees_everything,
        scopes=list(UserScope.select().where(UserScope.user == user).order_by(UserScope.id.desc())),
        now_ms=now,
        sessions=sessions.open_sessions(user, current_app.config["SETTINGS"], now),
        institutions=list(Institution.select().order_by(Institution.name)),
        departments=list(Department.select(Department, Institution).join(Institution).order_by(Department.name)),
    )


@pages.post("/<int:user_id>/role")
@needs("accounts.write")
def role(user_id):
    """Another role."""
    user, form = _other(user_id), RoleForm()
    if form.validate_on_submit():
        accounts.change_role(user, form.role.data, now_ms())
        flash(gettext("The role is changed."), "success")
    return _back(user)


@pages.post("/<int:user_id>/invite")
@needs("accounts.write")
def invite(user_id):
    """Another invitation: for who lost the password or the second factor."""
    return _invited(_other(user_id))


@pages.post("/<int:user_id>/end")
@needs("accounts.write")
def end(user_id):
    """End an account, or take that back."""
    user = _other(user_id)
    if user.disabled_ms is None:
        accounts.disable(user, now_ms())
        flash(gettext("The account is ended."), "success")
    else:
        accounts.enable(user)
        flash(gettext("The account counts again."), "success")
    return _back(user)


@pages.post("/<int:user_id>/scopes/<int:scope_id>/end")
@needs("accounts.write")
def end_scope(user_id, scope_id):
    """End a part of what a person sees."""
    return _ended(_other(user_id), accounts.end_scope, scope_id, gettext("The scope is ended."))


@pages.post("/<int:user_id>/sessions/<int:session_id>/end")
@needs("accounts.write")
def end_session(user_id, session_id):
    """End somebody's session."""
    return _ended(_person(user_id), sessions.end, session_id, gettext("The session is ended."))


def _ended(user, end, number, words):
    """Back to a person's page, once `end` was told to end what has this number, or found it ended."""
    try:
        end(user, number, now_ms())
        flash(words, "success")
    except ActionError:
        flash(gettext("This has ended already."), "warning")
    return _back(user)


def _invited(user):
    if user.directory:
        flash(gettext("A directory of your institution keeps this password; there it is changed."), "warning")
        return _back(user)
    code = accounts.invite(user, current_app.config["SETTINGS"]["invitation_h"], now_ms())
    link = url_for("accounts.accept_invitation", code=code, _external=True)
    return render_template("accounts/invited.html", user=user, link=link)


def _person(user_id):
    return User.get_or_none(User.id == user_id) or abort(404)


def _other(user_id):
    """Somebody else: nobody changes the own role or scope."""
    return abort(403) if user_id == current_user.user.id else _person(user_id)


def _back(user):
    return redirect(url_for("people.one", user_id=user.id))
