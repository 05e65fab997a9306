"""What a run of a fleet has seen: delays counted from the scheduled time, what waits, what failed."""

from collections import Counter, namedtuple

import psutil

Used = namedtuple("Used", ("cpu_s", "written", "rss"))  # by a process: seconds, bytes to the disk, bytes of memory

# of each second: readings due, acknowledged; ms of the slowest upload or frame, and of the slowest page, answered in it
Second = namedtuple("Second", ("due", "acknowledged", "upload_ms", "page_ms"))


class Account:
    """The account of one run. Delays in seconds, instants in seconds from the beginning.

    `what` is sent and acknowledged: uploads or frames.
    """

    def __init__(self, due_each_second, what="upload"):
        self._what = what
        self._coming = iter(due_each_second)
        self.due = self.acknowledged = self.stored = self.refused = self.most_waiting = 0
        self.delays, self.failures = {}, Counter()  # delays: {what: [seconds]}
        self.seconds, self._second = [], [0, 0.0, 0.0]

    @property
    def waiting(self):
        """Readings that were due and are not acknowledged."""
        return self.due - self.acknowledged

    def acknowledge(self, count, delay_s, answer):
        """An upload's due readings are acknowledged; `answer`: what the collector says of the whole upload."""
        self.acknowledged += count
        self._second[0] += count
        self._second[1] = max(self._second[1], delay_s * 1000)
        self.delays.setdefault(self._what, []).append(delay_s)
        self.stored += answer["stored"]
        self.refused += len(answer["refused"])

    def look(self, what, delay_s):
        """A page has come."""
        self._second[2] = max(self._second[2], delay_s * 1000)
        self.delays.setdefault(what, []).append(delay_s)

    def fail(self, what):
        """Something was answered with an error, or not at all."""
        self.failures[what] += 1

    def tick(self):
        """A second is over: what was to go in it is due, whether it went or not."""
        due = next(self._coming, 0)
        self.due += due
        self.most_waiting = max(self.most_waiting, self.waiting)
        self.seconds.append(Second(due, *self._second))
        self._second = [0, 0.0, 0.0]

    def end(self, whole):
        """The run is over: `whole`, or in the middle of a second."""
        self.tick()
        if whole:
            self.due += sum(self._coming)

    def part(self, what, percent):
        """A percentile of a delay in ms; None when there was none."""
        return percentile(self.delays.get(what, ()), percent)


def used_by(pid):
    """What a process has Used since its start."""
    process = psutil.Process(pid)
    cpu = process.cpu_times()
    return Used(cpu.user + cpu.system, process.io_counters().write_bytes, process.memory_info().rss)


def since(before, after):
    """What was Used between two looks; memory: at the second."""
    return after._replace(cpu_s=after.cpu_s - before.cpu_s, written=after.written - before.written)


def percentile(delays, percent):
    """A percentile of seconds in ms: the least value that so many per cent do not exceed; None of nothing."""
    ordered = sorted(delays)
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] * 1000
