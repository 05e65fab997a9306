"""On whose behalf this thread works just now, and from where."""

from collections import namedtuple
from contextvars import ContextVar

Acting = namedtuple("Acting", ("name", "role", "address"))

ITSELF = Acting("collector", "", "")
_ACTING = ContextVar("acting")


def act_as(name, role="", address=""):
    """From now on this thread, or this request, works for somebody: a page says who, a command too."""
    _ACTING.set(Acting(name[:120], role, address))


def acting():
    """The Acting of now; the collector itself when nobody was named."""
    return _ACTING.get(ITSELF)
