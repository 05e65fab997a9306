"""Which right a page needs, and what the one who asks for it may do and see; the guard of accounts fills this in."""

from flask import g


def needs(right):
    """A view that only those see who have this right; a view that names none is closed to everybody."""

    def marked(view):
        view.right = right
        return view

    return marked


def may(right):
    """Whether who asks now has a right."""
    return right in g.get("rights", ())


def scope():
    """The Scope of who asks now."""
    return g.scope
