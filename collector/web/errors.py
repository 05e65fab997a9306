"""Errors as a person or a program can act on them: what happened, what to do, a reference number in the log."""

import logging
import secrets

from flask import Response, jsonify, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from collector.errors import Away
from collector.web import problems

ADVICE = {
    400: (_l("This request cannot be read"), _l("Go back, check what you entered and try again.")),
    401: (_l("Please sign in"), _l("Your session has ended. Sign in and try again.")),
    403: (_l("You may not do this"), _l("Ask an administrator for the right to do it.")),
    404: (_l("There is no such page"), _l("Check the address, or begin at the overview.")),
    405: (_l("This page cannot be used this way"), _l("Begin at the overview.")),
    413: (_l("That is too large"), _l("Send less at once.")),
    500: (_l("Something went wrong here"), _l("Try again. If it stays, give the reference to your administrator.")),
}
ADVICE[503] = ADVICE[500]

log = logging.getLogger("collector")


def init(app):
    """One look for every error."""
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(Away, answer_away)
    app.register_error_handler(problems.Refused, refuse)


def refuse(refused):
    """What a program asked of the API is not done, and why."""
    reference = _noted(problems.PROBLEMS[refused.code].status, None)
    return problems.answer(refused.code, str(refused), reference, refused.errors, refused.headers)


def answer_away(error):
    """The same in plain words, because a page asks the database who reads it."""
    reference = _noted(503, ServiceUnavailable(str(error)))
    title, advice = ADVICE[503]
    if request.path.startswith("/api/"):
        return problems.answer("store_unavailable", str(error), reference, headers={"Retry-After": "5"})
    if request.path.startswith("/a02/"):
        said = jsonify(code="store_unavailable", error=f"{error}; send it again", reference=reference)
    else:
        said = Response(f"{title}. {advice} ({reference})\n", mimetype="text/plain")
    return said, 503, {"Retry-After": "5"}


def answer(error):
    """A page, or JSON where a program asked."""
    reference = _noted(error.code, getattr(error, "original_exception", error) if error.code >= 500 else None)
    if request.path.startswith("/api/"):
        return _problem(error, reference)
    if request.path.startswith("/a02/"):
        text = f"{error.name}: {request.method} {request.path[:200]}"
        return jsonify(code=error.name.lower().replace(" ", "_"), error=text, reference=reference), error.code
    title, advice = ADVICE.get(error.code, ADVICE[400])
    if isinstance(error, CSRFError):
        advice = _l("The page was open for too long. Load it again and repeat what you did.")
    page = render_template("web/error.html", title=title, advice=advice, reference=reference)
    return page, error.code


def _problem(error, reference):
    """A refusal that Flask or the guard made, as a program can act on it."""
    code = problems.CODES.get(error.code, "request_unreadable")
    kept = ("Allow", "Retry-After", "WWW-Authenticate")
    headers = {name: value for name, value in error.get_headers(request.environ) if name in kept}
    said = f"{request.method} {request.path[:200]}: {problems.PROBLEMS[code].remedy}"
    return problems.answer(code, said, reference, headers=headers)


def _noted(status, cause):
    """The reference of an answer, under which it stands in the log: with its cause where the fault is ours."""
    reference = secrets.token_hex(4)
    path = request.path[:200].replace("\n", " ")
    level = logging.ERROR if status == 403 or status >= 500 else logging.INFO
    log.log(level, "%s: %s %s answered %s", reference, request.method, path, status, exc_info=cause)
    return reference
