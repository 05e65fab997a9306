"""What the collector does by itself: again and again, a failure said and tried again, never twice at once."""

import threading

from collector import schedule
from tests.fakes.broker import wait_until


class Work:
    """A job's action: says how often it was called, fails the first time, takes its time."""

    def __init__(self):
        self.calls, self.at_once, self._busy = 0, 0, threading.Lock()

    def __call__(self, _settings):
        self.calls += 1
        if not self._busy.acquire(blocking=False):
            self.at_once += 1
            return
        try:
            threading.Event().wait(0.05)
            if self.calls == 1:
                raise OSError("the disk is full")
        finally:
            self._busy.release()


def test_a_job_that_failed_is_said_and_tried_again_and_none_runs_twice_at_once(site, caplog):
    work = Work()
    daily = Work()
    jobs = [schedule.Job("work", "often", work), schedule.Job("daily", schedule.DAY_S, daily)]
    with schedule.running({"often": 0.01}, jobs):
        wait_until(lambda: work.calls >= 4, "the job is not tried again")
    calls = work.calls
    assert not work.at_once and "job work failed" in caplog.text and "the disk is full" in caplog.text
    threading.Event().wait(0.1)
    assert work.calls == calls and not daily.calls, "nor is anything done before its time"
