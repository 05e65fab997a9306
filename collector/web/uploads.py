"""Views that take files: their forms may be larger than others."""

from flask import current_app, request

FORM_MOST = 24 * 1024 * 1024  # bytes of a form with a file; the server waits for no more
HELD_MOST = 512 * 1024  # bytes of it in memory: pieces of 64 KiB, and what is left of the one before


def takes_files(view):
    """A view whose form carries a file."""
    view.takes_files = True
    return view


def init(app):
    """Allow it before anything reads the form."""
    app.before_request(_allow)


def _allow():
    view = current_app.view_functions.get(request.endpoint)
    if getattr(view, "takes_files", False):
        request.max_content_length, request.max_form_memory_size = FORM_MOST, HELD_MOST
