"""One commit for what comes at the same moment: a disk takes as long for one upload as for eight.

Whoever has the turn does the work of all that wait, and the others find theirs done. When one of them fails, nothing of
it stays, and everybody does his own alone and hears his own error. Where the database itself fails all hear the same.
"""

import threading
from contextlib import suppress
from contextvars import copy_context

from collector import db

_waiting, _turn = [], threading.Lock()


class _Work:
    """What somebody wants done, in his own context: who acts is who asked."""

    def __init__(self, action):
        self._action, self._context = action, copy_context()
        self.done, self.answer, self.error = False, None, None

    def do(self):
        """What it gives."""
        return self._context.run(self._action)


def together(action):
    """What `action()` gives, once its transaction is on the disk. It may be called a second time."""
    mine = _Work(action)
    _waiting.append(mine)
    with _turn:
        if mine in _waiting:
            _do_all_that_wait()
    if mine.error is not None:
        raise mine.error
    if mine.done:
        return mine.answer
    with db.write():
        return action()


def _do_all_that_wait():
    some = _waiting[:]
    del _waiting[: len(some)]
    with suppress(Exception):  # whose it was is not known here: each tries again alone, and whoever it was hears it
        try:
            with db.write():
                answers = [one.do() for one in some]
        except db.sick() as error:  # the database's own: it would tell each the same, after as long a wait
            for one in some:
                one.error = error
            return
        for one, answer in zip(some, answers, strict=True):
            one.answer, one.done = answer, True
