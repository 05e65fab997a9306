"""What a browser may do with our pages, and where the scripts of others that we serve ourselves come from."""

from importlib.resources import files

from flask import Blueprint, request, send_from_directory
from flask_wtf import CSRFProtect

HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)
TLS_ONLY = ("Strict-Transport-Security", "max-age=31536000")
CHART_FOLDER = files("chartkick").joinpath("django", "static", "chartkick")

csrf = CSRFProtect()
vendored = Blueprint("vendored", __name__)


def init(app):
    """Form tokens for every post of a page, and the headers for every answer."""
    csrf.init_app(app)
    app.register_blueprint(vendored)
    app.after_request(_add_headers)


def _add_headers(response):
    for name, value in HEADERS:
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers[TLS_ONLY[0]] = TLS_ONLY[1]
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


@vendored.get("/vendored/chart.js")
def chart_js():
    """Chart.js as the package chartkick ships it."""
    return send_from_directory(CHART_FOLDER, "Chart.bundle.js", max_age=86400)
