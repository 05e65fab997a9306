"""What a serving collector does by itself, in threads beside the requests: jobs, each a call that may be repeated.

A job that fails says so in the log and is tried again at its next time; none runs twice at once, nor in two processes.
Their seconds are those of a clock that nobody sets: by the clock of the day, set back by hours, they would rest for
hours.
"""

import logging
import threading
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from collector import api, audit, db, events, files, notify, readings
from collector.clock import now_ms
from collector.following import Following
from collector.running import Rounds

DAY_S = 86_400
RESTS = 1.0  # who seals or learns rests as long as he works: half of one core goes to requests, whatever there is

log = logging.getLogger("collector")

_following, _watch, _rounds = Following(), events.Watch(), Rounds()

Job = namedtuple("Job", ("name", "every", "action"))  # every: a setting, or seconds; action: called with the settings


def _seal(_settings):
    readings.seal(now_ms(), RESTS)


def _retire(settings):
    readings.retire(now_ms() - settings["keep_readings_days"] * DAY_S * 1000)


def _audit(settings):
    audit.keep_head(now_ms())
    audit.retire(settings["keep_audit_days"], now_ms())


def _files(settings):
    files.tidy(now_ms())
    files.sweep(now_ms(), settings["recording_wait_h"])


def _forget(_settings):
    api.forget(now_ms())


def _ship(settings):
    audit.ship(settings["audit_syslog"])


def _follow(_settings):
    _following.go_on(now_ms())


def _tell(settings):
    _rounds.go(now_ms(), settings["zone"], RESTS)


def _look(settings):
    _watch.look(settings, now_ms(), time.monotonic_ns() // 1_000_000)


def _deliver(_settings):
    notify.deliver(now_ms())


def _beat(settings):
    notify.beat(settings["heartbeat_url"])


JOBS = (
    Job("deliver", 1, _deliver),
    Job("heartbeat", 60, _beat),
    Job("watch", 10, _look),
    Job("follow", 1, _follow),
    Job("tell", 60, _tell),
    Job("seal", "seal_every_s", _seal),
    Job("retire", DAY_S, _retire),
    Job("audit", "audit_head_every_s", _audit),
    Job("syslog", 10, _ship),
    Job("files", 3600, _files),
    Job("answers", 3600, _forget),
)


@contextmanager
def running(settings, jobs=JOBS):
    """The jobs run until the end of this, each for the first time after its seconds."""
    ended = threading.Event()
    with ThreadPoolExecutor(len(jobs) + 1, "job") as workers:
        keeper = workers.submit(_keep_time, jobs, settings, workers, ended)
        try:
            yield
        finally:
            ended.set()
            keeper.result()


def _keep_time(jobs, settings, workers, ended):
    every_s = {job: settings.get(job.every, job.every) for job in jobs}
    due_s, under_way = {job: time.monotonic() + every_s[job] for job in jobs}, {}
    while not ended.wait(max(0, min(due_s.values()) - time.monotonic())):
        now_s = time.monotonic()
        for job in [job for job in jobs if due_s[job] <= now_s]:
            due_s[job] = now_s + every_s[job]
            if job not in under_way or under_way[job].done():
                under_way[job] = workers.submit(_with_database, job, settings)
                under_way[job].add_done_callback(partial(_say, job))


def _say(job, done):
    if done.exception() is not None:
        log.error("job %s failed", job.name, exc_info=done.exception())


def _with_database(job, settings):
    db.connect()
    try:
        with db.alone(job.name) as mine:
            if mine:
                job.action(settings)
    finally:
        db.database.close()
