"""How pages look and speak; knows no table of any function."""

from flask_bootstrap import Bootstrap5

from collector.web import (
    addresses,
    errors,
    event_words,
    firmware_words,
    i18n,
    limit_words,
    look,
    notify_words,
    register_words,
    security,
    uploads,
    words,
)
from collector.web.i18n import LANGUAGES, own_path, today, zone
from collector.web.rights import may, needs, scope
from collector.web.security import csrf
from collector.web.uploads import takes_files

__all__ = ("LANGUAGES", "zone", "csrf", "init", "may", "needs", "own_path", "scope", "takes_files", "today")


def init(app):
    """Give an application its looks, languages, error pages and browser rules."""
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    Bootstrap5(app)
    of_words = (words, limit_words, register_words, event_words, notify_words, firmware_words)
    for part in (addresses, uploads, security, i18n, look, *of_words, errors):
        part.init(app)
    app.jinja_env.globals["may"] = may
