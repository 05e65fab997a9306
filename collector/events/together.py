"""Many events out of one look: what all of them ask is asked once, and people are told of all in one go."""

from contextlib import contextmanager
from contextvars import ContextVar

from collector import notify

_look = ContextVar("look", default=None)  # ({what was asked: answer}, [Message]) of the look that is under way


@contextmanager
def look(now_ms):
    """All that happens inside is one look. Call it inside a transaction; nobody is told when it fails."""
    token = _look.set(({}, []))
    try:
        yield
        tell_now(now_ms)
    finally:
        _look.reset(token)


def once(what, ask):
    """The answer of ask(), in a look that of the first who asked."""
    if _look.get() is None:
        return ask()
    answers, _messages = _look.get()
    if what not in answers:
        answers[what] = ask()
    return answers[what]


def tell(message, now_ms):
    """Queue a notify.Message, in a look with all others at its end."""
    if _look.get() is None:
        notify.tell([message], now_ms)
    else:
        _look.get()[1].append(message)


def tell_now(now_ms):
    """Queue what waits in a look: something is said next that comes behind it."""
    if _look.get() is not None and (messages := _look.get()[1]):
        notify.tell(messages, now_ms)
        messages.clear()
