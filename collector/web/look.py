"""Light or dark: as the person chose, else as the machine of the person says."""

from flask import Blueprint, redirect, request, session

from collector.web.i18n import own_path

LOOKS = ("light", "dark", "auto")

switch = Blueprint("look", __name__)


def init(app):
    """Let templates know the choice."""
    app.register_blueprint(switch)
    app.context_processor(lambda: {"look": chosen()})


def chosen():
    """One of LOOKS."""
    picked = session.get("look")
    return picked if picked in LOOKS else "auto"


@switch.post("/look")
def change():
    """Remember the choice and go back to where it was made."""
    if request.form.get("look") in LOOKS:
        session["look"] = request.form["look"]
    return redirect(own_path(request.form.get("next", "")))
