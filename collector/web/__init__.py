"""How pages look and speak; knows no table of any function."""

from flask_bootstrap import Bootstrap5

from collector.web import errors, i18n, security, words
from collector.web.i18n import own_path
from collector.web.security import csrf

__all__ = ("csrf", "init", "own_path")


def init(app):
    """Give an application its looks, languages, error pages and browser rules."""
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    Bootstrap5(app)
    for part in (security, i18n, words, errors):
        part.init(app)
