"""Languages: which one a page speaks, and the switch between them."""

from flask import Blueprint, current_app, g, redirect, request, session
from flask_babel import Babel

from collector.clock import day_at, now_ms

LANGUAGES = {"en": "English", "zh_CN": "中文"}  # the catalogue of zh_CN stands in the folder Babel calls zh_Hans_CN

switch = Blueprint("language", __name__)


def init(app):
    """Give the pages their languages and the institution's time zone."""
    settings = app.config["SETTINGS"]
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = f"{app.root_path}/web/translations"
    Babel(app, locale_selector=chosen, default_timezone=settings["zone"])
    app.register_blueprint(switch)
    app.context_processor(lambda: {"LANGUAGES": LANGUAGES, "language": chosen(), "zone": zone()})


def chosen():
    """The language of this request: the person's choice, here or for good, the browser's wish, or the setting."""
    picked = session.get("language") or g.get("language")
    return picked if picked in LANGUAGES else _wished()


def zone():
    """The name of the time zone of what is shown: the person's, else the institution's."""
    return g.get("zone") or current_app.config["SETTINGS"]["zone"]


def today():
    """The date in the zone of what is shown."""
    return day_at(now_ms(), zone())


def _wished():
    for wish in request.accept_languages.values():
        for language in LANGUAGES:
            if wish.replace("-", "_").lower().startswith(language[:2]):
                return language
    return current_app.config["SETTINGS"]["language"]


@switch.post("/language")
def change():
    """Remember the choice and go back to where it was made."""
    if request.form.get("language") in LANGUAGES:
        session["language"] = request.form["language"]
    return redirect(own_path(request.form.get("next", "")))


def own_path(text):
    """A path of ours to go on to; `/` for everything that would lead elsewhere."""
    leads_away = not text.startswith("/") or text[1:2] in ("/", "\\") or any(ord(sign) < 33 for sign in text)
    return "/" if leads_away else text
