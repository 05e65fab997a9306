"""What happens to readings once they are stored: followers go through them, each in its own time and with its own mark.

A follower is a room's object with a `name` and
    follow(seen) -> bool   take over what came, inside a transaction: whether something of it has to be kept at once
    keep()                 write what it remembers (readings.remember), inside the same transaction
    forget()               go back to what was kept last
Uploads are numbered in the order in which they are committed, because who writes holds the one lock of db.write, in
any process: a number below a mark can never come later. What a follower does twice must come to the same: after a crash
it sees again what came since its mark. It is kept with the mark when `follow` says so, else once in KEEP_MS. Terminals
bound to nothing are left out.
"""

from collections import namedtuple
from contextlib import ExitStack

from collector import db, equipment, events, readings, running

FOLLOWERS = (running.LIVE, events.JUDGE)  # in this order: who needs the running state comes after it

KEEP_MS = 60_000
REST_MS = 10_000  # after a round that failed

# arrival: a readings.Arrival, each terminal once, its readings in the order of time; bindings: {terminal_id: [Held]}
Seen = namedtuple("Seen", ("arrival", "bindings", "now_ms"))


class Bound:
    """All bindings there ever were, in memory until one begins or ends: ten thousand take longer than a round may."""

    def __init__(self):
        self._mark = self._held = None

    def held(self):
        """See equipment.Binding.held."""
        mark = equipment.Binding.mark()
        if mark != self._mark:
            self._held, self._mark = equipment.Binding.held(), mark
        return self._held


class Came:
    """What came after an upload; followers stand side by side nearly always, so it is opened once for all of them."""

    def __init__(self):
        self._after = self._bindings = self._fresh = None

    def after(self, through, bindings):
        """See readings.fresh_after."""
        if self._fresh is None or self._after != through or self._bindings is not bindings:
            self._after, self._bindings = through, bindings
            self._fresh = readings.fresh_after(through, bindings.keys())
        return self._fresh


class Way:
    """How far one follower has come."""

    def __init__(self, follower, bound, came):
        self.follower, self._bound, self._came = follower, bound, came
        self._through = None  # the last upload in its memory; None: its memory is not to be trusted
        self._kept, self._kept_ms, self._not_before_ms = None, 0, 0

    def go_on(self, now_ms):
        """Whether there may be more to see."""
        if 0 < self._not_before_ms - now_ms <= REST_MS:  # more than that was said by a clock that was set back
            return False
        through, self._through, self._not_before_ms = self._through, None, now_ms + REST_MS
        mark = self._mark()
        if through is None or mark != self._kept:  # another process went on, or this one fell
            self.follower.forget()
            through, self._kept, self._kept_ms = mark, mark, now_ms
        bindings = self._bound.held()
        fresh = self._came.after(through, bindings)
        if fresh is not None:
            self._follow(fresh, bindings, now_ms)
            through = fresh.last
        elif through != self._kept and self._is_long_ago(now_ms):  # nothing comes any more
            with db.write():
                self._keep(through, now_ms)
        self._through, self._not_before_ms = through, 0
        return fresh is not None

    def _mark(self):
        """Where its row stands; who is new begins with what comes from now on."""
        mark = readings.mark_of(self.follower.name)
        if mark is None:
            with db.write():
                mark = readings.last_upload()
                readings.set_mark(self.follower.name, mark)
        return mark

    def _follow(self, fresh, bindings, now_ms):
        if fresh.arrival is None and not self._is_long_ago(now_ms):
            return
        with db.write():
            worth = fresh.arrival is not None and self.follower.follow(Seen(fresh.arrival, bindings, now_ms))
            if worth or self._is_long_ago(now_ms):
                self._keep(fresh.last, now_ms)

    def _is_long_ago(self, now_ms):
        return abs(now_ms - self._kept_ms) >= KEEP_MS

    def _keep(self, through, now_ms):
        self.follower.keep()
        readings.set_mark(self.follower.name, through)
        self._kept, self._kept_ms = through, now_ms


class Following:
    """All followers, on their ways."""

    def __init__(self, followers=None):
        bound, came = Bound(), Came()
        self._ways = [Way(follower, bound, came) for follower in (FOLLOWERS if followers is None else followers)]

    def go_on(self, now_ms):
        """Let each see what came, part by part; when one fails the others go on, and it tries again later."""
        while any(self._a_part(now_ms)):
            pass

    def _a_part(self, now_ms):
        """Of each way, in their order, whether there may be more to see."""
        more = []
        with ExitStack() as stack:
            for way in reversed(self._ways):
                stack.callback(lambda one: more.append(one.go_on(now_ms)), way)
        return more
