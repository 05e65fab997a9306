"""Following: what was stored is seen once by each follower, in order, whatever is cut in between."""

from contextlib import suppress

import pytest

from collector import db, readings
from collector.following import KEEP_MS, REST_MS, Following
from collector.readings import incoming, sealing
from tests.collector.site import BOOT, block, now_ms, stored


class Adding:
    """Adds up a terminal's currents; keeps at once what it is told to."""

    name = "adding"

    def __init__(self, worth=(), falls=False):
        self.known, self.loaded, self.worth, self.falls, self.seen = {}, 0, set(worth), falls, []

    def follow(self, seen):
        arrival = seen.arrival
        ends = readings.ends_of(arrival).tolist()
        for terminal_id, start, end in zip(arrival.terminal_ids, arrival.starts.tolist(), ends, strict=True):
            rows = (arrival.columns.seq[start:end] - BOOT).tolist()
            self.seen += [(terminal_id, n) for n in rows]
            self.known[terminal_id] = self.known.get(terminal_id, 0) + sum(rows)
        if self.falls:
            raise ZeroDivisionError
        return any(n in self.worth for _terminal, n in self.seen)

    def keep(self):
        readings.remember(self.name, self.known)

    def forget(self):
        self.known, self.loaded = readings.remembered(self.name), self.loaded + 1


@pytest.fixture
def bound(site):
    """Followers begin with what comes after their first look."""
    with site.app.app_context():
        Following([Adding()]).go_on(now_ms())
        yield site


def test_each_reading_of_a_bound_terminal_is_seen_once_in_the_order_of_time(bound):
    follower = Adding()
    following = Following([follower])
    now = now_ms()
    bound.upload(block(first=11, count=3, start_ms=now - 50_000))
    bound.upload(block(first=1, count=2, start_ms=now - 90_000), block(first=20, count=1))
    bound.upload(block(first=1, count=5, terminal_id="mri-01"), gateway="gw-2")
    bound.upload(block(first=11, count=3, start_ms=now - 50_000))
    following.go_on(now)
    following.go_on(now + 1)
    assert follower.seen == [("ct-01", n) for n in (1, 2, 11, 12, 13, 20)], "mri-01 is bound to nothing"


def test_what_was_not_kept_is_seen_again_by_who_comes_after_a_crash_and_comes_to_the_same(bound):
    now, first = now_ms(), Adding(worth=[3])
    following = Following([first])
    for at in range(1, 6):
        bound.upload(block(first=at, count=1))
        following.go_on(now)
        first.worth.clear() if at == 3 else None
    second = Adding()
    Following([second]).go_on(now)
    assert [n for _terminal, n in second.seen] == [4, 5] and first.known == second.known == {"ct-01": 15}


def test_what_nobody_has_to_keep_at_once_is_kept_a_minute_later(bound):
    follower, now = Adding(), now_ms()
    following = Following([follower])
    marks = []
    for at, later in enumerate((0, KEEP_MS - 1, KEEP_MS), 1):
        bound.upload(block(first=at, count=1))
        following.go_on(now + later)
        marks.append(readings.mark_of("adding"))
    assert marks == [0, 0, 3] and readings.remembered("adding") == {"ct-01": 6}


def test_it_is_kept_a_minute_later_when_nothing_comes_any_more_too(bound):
    follower, now = Adding(), now_ms()
    following = Following([follower])
    bound.upload(block(first=1, count=1))
    marks = []
    for later in (0, KEEP_MS - 1, KEEP_MS):
        following.go_on(now + later)
        marks.append(readings.mark_of("adding"))
    assert marks == [0, 0, 1] and readings.remembered("adding") == {"ct-01": 1}


def test_one_that_fails_holds_up_nobody_and_tries_again_later(bound):
    wrong, good, now = Adding(falls=True), Adding(), now_ms()
    wrong.name = "wrong"
    following = Following([wrong, good])
    with suppress(ZeroDivisionError):
        following.go_on(now)
    bound.upload(block(first=1, count=1))
    with pytest.raises(ZeroDivisionError):
        following.go_on(now)
    assert good.seen == wrong.seen == [("ct-01", 1)]
    wrong.falls = False
    following.go_on(now + REST_MS - 1)
    assert len(wrong.seen) == 1
    following.go_on(now + REST_MS)
    assert len(wrong.seen) == 2 and wrong.known == {"ct-01": 1}, "what it had half done is forgotten"


def test_two_processes_that_take_turns_do_not_count_twice(bound):
    one, other, now = Adding(), Adding(), now_ms()
    ways = Following([one]), Following([other])
    for at in range(1, 9):
        bound.upload(block(first=at, count=1))
        one.worth, other.worth = {at}, {at}
        ways[at % 2].go_on(now)
    assert readings.remembered("adding") == {"ct-01": 36}


def test_an_upload_stays_until_it_was_followed(bound):
    follower, start = Adding(), now_ms() - 5 * readings.HOUR_MS
    bound.upload(block(first=1, count=3, start_ms=start))
    readings.seal(now_ms())
    assert db.rows("SELECT count(*) FROM batch") == [(1,)]
    Following([follower]).go_on(now_ms() + KEEP_MS)
    assert [n for _terminal, n in follower.seen] == [1, 2, 3]
    with db.write():
        readings.set_mark("adding", 1)
    bound.upload(block(first=9, count=1, start_ms=start))
    readings.seal(now_ms() + sealing.GRACE_MS)
    assert db.rows("SELECT batch_no FROM batch") == [(2,)]
    assert stored(bound) == [1, 2, 3, 9]


def test_what_came_is_opened_once_for_all_who_follow(bound, monkeypatch):
    first, second, opened = Adding(), Adding(), []
    second.name = "second"
    following, unpacked = Following([first, second]), incoming.unpacked
    following.go_on(now_ms())
    bound.upload(block(first=1, count=3))
    bound.upload(block(first=4, count=2))
    monkeypatch.setattr(incoming, "unpacked", lambda body: opened.append(body) or unpacked(body))
    following.go_on(now_ms())
    assert first.seen == second.seen and len(opened) == 2
    assert sorted(first.seen) == [("ct-01", n) for n in range(1, 6)]
    bound.upload(block(first=6, count=1))
    following.go_on(now_ms())
    assert len(first.seen) == len(second.seen) == 6 and len(opened) == 3
