"""Which addresses can be ours: a number fits every database, a text holds no control character."""

from flask import abort, request
from werkzeug.routing import IntegerConverter

NUMBER_MOST = 2**53 - 1


class Number(IntegerConverter):
    """A number in an address, as far as every database and every JSON reader keeps it."""

    def __init__(self, rules):
        super().__init__(rules, max=NUMBER_MOST)


def init(app):
    """Addresses that cannot be ours lead nowhere."""
    app.url_map.converters["int"] = Number
    app.before_request(refuse_control_characters)


def refuse_control_characters():
    """404 for an address with a control character: no name of ours holds one, and a database may refuse it."""
    if not request.path.isprintable():
        abort(404)
