"""Every number once: handed over, covered by an aggregated reading, or named as a gap; whatever came, and how often."""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.gateway.outbox import Outbox, look
from firmware.gateway.outbox.room import NO_LIMITS, POLICIES
from firmware.gateway.thinning import NEUTRAL
from firmware.protocol.channels import AGGREGATED, EDGE
from firmware.protocol.frame import Gap, Reading
from firmware.protocol.received import span_of

NOW_MS = 1_795_000_000_000
BY_SIX = NEUTRAL._replace(windows=6)


def reading(seq, windows=1, terminal_id="ct-01", flags=0):
    """A reading whose charge is one for each of its windows."""
    flags |= AGGREGATED if windows > 1 else 0
    values = {"charge_as": float(windows)}
    return Reading(terminal_id, NOW_MS + 10_000 * (seq - windows + 1), seq, values, flags, windows)


class Collector:
    """What has reached it."""

    def __init__(self):
        self.readings, self.gaps, self.charge = [], [], 0

    def take(self, waiting):
        """What a batch brings, each (terminal, number) once as the collector does it."""
        known = {(one.terminal_id, one.seq) for one in self.readings}
        self.readings += [one for _, one in waiting.readings if (one.terminal_id, one.seq) not in known]
        self.gaps += [(terminal_id, gap) for _, terminal_id, gap in waiting.gaps]

    def numbers(self, terminal_id="ct-01"):
        """Every number it has or knows to be lost, sorted, as often as it does."""
        spans = [span_of(one) for one in self.readings if one.terminal_id == terminal_id]
        spans += [(gap.from_seq, gap.to_seq) for one, gap in self.gaps if one == terminal_id]
        return sorted(number for first, last in spans for number in range(first, last + 1))


def drain(outbox, collector=None, most=50):
    """Hand everything over."""
    collector = collector or Collector()
    while any(waiting := outbox.peek(most)):
        collector.take(waiting)
        outbox.drop(waiting)
    return collector


def test_what_is_held_back_is_on_the_disk_and_goes_on_after_a_kill(tmp_path):
    outbox = Outbox(tmp_path, NOW_MS, rule_of=lambda terminal_id: BY_SIX)
    outbox.put([reading(n) for n in range(1, 5)], [], NOW_MS)
    assert not any(outbox.peek(10)) and look.look(tmp_path).waiting == 4
    outbox = Outbox(tmp_path, NOW_MS, rule_of=lambda terminal_id: BY_SIX)  # the other is killed
    outbox.put([reading(n) for n in range(1, 8)], [], NOW_MS)
    ((_, one),) = outbox.peek(10).readings
    assert span_of(one) == (1, 6) and one.values["charge_as"] == 6.0
    outbox.close()


def test_what_is_held_of_a_silent_terminal_goes_after_the_heartbeat(tmp_path):
    rule = BY_SIX._replace(heartbeat_ms=60_000)
    outbox = Outbox(tmp_path, NOW_MS, rule_of=lambda terminal_id: rule)
    outbox.put([reading(1), reading(2)], [], NOW_MS)
    assert outbox.release(NOW_MS, 1_000) is None
    assert outbox.release(NOW_MS, 60_999) is None and not any(outbox.peek(10))
    assert outbox.release(NOW_MS, 61_000) == {}
    assert drain(outbox).numbers() == [1, 2]
    outbox.close()


def test_without_its_rule_what_was_held_goes_at_once(tmp_path):
    Outbox(tmp_path, NOW_MS, rule_of=lambda terminal_id: BY_SIX).put([reading(1), reading(2)], [], NOW_MS)
    outbox = Outbox(tmp_path, NOW_MS)
    assert outbox.release(NOW_MS, 0) == {}
    assert [span_of(one) for _, one in outbox.peek(10).readings] == [(1, 1), (2, 2)]
    outbox.close()


def test_an_aggregated_reading_that_overlaps_what_is_here_gives_the_rest_only(tmp_path):
    outbox = Outbox(tmp_path, NOW_MS)
    outbox.put([reading(n) for n in (1, 2, 3)], [], NOW_MS)
    outbox.drop(outbox.peek(1))
    minute = reading(6)._replace(windows=6, values={"charge_as": 60.0, "temperature_c": 20.0}, flags=AGGREGATED)
    outbox.put([minute, minute], [], NOW_MS)
    (rest,) = [one for _, one in outbox.peek(10).readings if one.windows > 1]
    assert span_of(rest) == (4, 6) and rest.values == {"charge_as": 30.0, "temperature_c": 20.0}
    outbox.close()


def test_a_gap_names_only_what_is_not_here(tmp_path):
    outbox = Outbox(tmp_path, NOW_MS)
    outbox.put([reading(3), reading(4)], [("ct-01", Gap(1, 9, "reboot"))], NOW_MS)
    assert [gap for _, _, gap in outbox.peek(10).gaps] == [Gap(1, 2, "reboot"), Gap(5, 9, "reboot")]
    outbox.close()


def test_a_spike_is_told_to_whoever_counts(tmp_path):
    rule = NEUTRAL._replace(leaps={"temperature_c": 5.0})
    outbox = Outbox(tmp_path, NOW_MS, rule_of=lambda terminal_id: rule)
    values = [{"temperature_c": value} for value in (20.0, 90.0, 20.0)]
    readings = [reading(n)._replace(values=one) for n, one in enumerate(values, 1)]
    assert outbox.put(readings, [], NOW_MS) == {("ct-01", "value_spike"): 1}
    assert [one.values["temperature_c"] for _, one in outbox.peek(10).readings] == [20.0, None, 20.0]
    outbox.close()


COMING = st.lists(
    st.lists(st.tuples(st.integers(1, 30), st.sampled_from([1, 1, 1, 3]), st.sampled_from([0, 0, EDGE])), max_size=8),
    max_size=8,
)


@settings(deadline=None, max_examples=40)
@given(COMING, st.sampled_from([None, BY_SIX]), st.sampled_from(POLICIES), st.sampled_from([4, 1000]), st.randoms())
def test_every_number_is_handed_over_covered_or_a_gap_exactly_once(coming, rule, policy, most, chance):
    collector, sent = Collector(), set()
    limits = NO_LIMITS._replace(readings_most=most, when_full=policy)
    with tempfile.TemporaryDirectory() as folder:
        outbox = Outbox(Path(folder), NOW_MS, limits, lambda terminal_id: rule)
        for group in coming:
            readings = [reading(seq + windows - 1, windows, flags=flags) for seq, windows, flags in group]
            sent |= {number for one in readings for number in range(span_of(one)[0], one.seq + 1)}
            for _ in range(chance.randint(1, 2)):  # an acknowledgement that was lost
                outbox.put(readings, [], NOW_MS)
            happens = chance.randint(0, 3)
            if happens == 1:  # a batch of which no answer comes back
                collector.take(outbox.peek(3)._replace(gaps=[]))
            elif happens == 2:
                waiting = outbox.peek(3)
                collector.take(waiting)
                outbox.drop(waiting)
            elif happens == 3:
                outbox.close()  # what is not committed is not there: a kill is a close
                outbox = Outbox(Path(folder), NOW_MS, limits, lambda terminal_id: rule)
        outbox.release(NOW_MS, 0)
        outbox.release(NOW_MS, 60_000)
        drain(outbox, collector)
        outbox.close()
    twice = [one for one in collector.numbers() if collector.numbers().count(one) > 1]
    known_lost = {n for _, gap in collector.gaps for n in range(gap.from_seq, gap.to_seq + 1)}
    assert set(collector.numbers()) == sent
    assert all(one.values["charge_as"] == pytest.approx(one.windows) for one in collector.readings)
    assert set(twice) <= known_lost  # of a batch without an answer the gateway knows nothing after a kill


def test_killed_at_any_moment_thinned_or_not_every_number_arrives_once(tmp_path):
    first, collector = 1, Collector()
    for _life in range(5):
        writer = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("outbox_writer.py"), tmp_path, str(first), "6"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout.readline()
        time.sleep(random.uniform(0, 0.15))
        writer.kill()
        first = max([first - 1, *map(int, writer.stdout.read().split())]) - 20  # what was acknowledged comes again too
        first = max(first, 1)
        writer.wait()
        outbox = Outbox(tmp_path, 0, rule_of=lambda terminal_id: BY_SIX)
        waiting = outbox.peek(100)
        collector.take(waiting)
        if random.random() < 0.5:
            outbox.drop(waiting)
        outbox.close()
    outbox = Outbox(tmp_path, 0)
    outbox.release(0, 0)
    drain(outbox, collector, 500)
    outbox.close()
    numbers = collector.numbers()
    assert numbers == list(range(1, numbers[-1] + 1)) and numbers[-1] > 40
    assert any(one.windows == 6 for one in collector.readings)


@pytest.mark.parametrize("most", [100, 7])
def test_after_an_outage_what_is_new_goes_beside_what_is_old_and_both_move(tmp_path, most):
    outbox = Outbox(tmp_path, NOW_MS)
    outbox.put([reading(n) for n in range(1, 401)], [], NOW_MS + 30_000_000)  # an hour ago and more
    now = [reading(n)._replace(ts_ms=NOW_MS + 30_000_000) for n in range(401, 411)]
    outbox.put(now, [], NOW_MS + 30_000_000)
    outbox.put([reading(n)._replace(terminal_id="late") for n in range(1, 401)], [], NOW_MS + 30_000_000)
    sent = [one.seq for _, one in outbox.peek(most).readings]
    assert len(sent) == most and sent[0] == 1
    assert set(sent) >= set(range(410 - min(10, most // 2) + 1, 411))
    assert drain(outbox, most=most).numbers() == list(range(1, 411))
    outbox.close()


def test_records_and_gaps_do_not_wait_for_all_that_is_old(tmp_path):
    outbox = Outbox(tmp_path, NOW_MS)
    outbox.put([reading(n) for n in range(1, 1001)], [("ct-02", Gap(1, 2, "reboot"))], NOW_MS)
    outbox.put_record(None, "status", NOW_MS, {})
    waiting = outbox.peek(100)
    assert [len(part) for part in waiting] == [98, 1, 1]
    assert sum(map(len, outbox.peek(1))) == 1
    outbox.close()


def test_what_the_collector_may_have_comes_first_again_and_is_never_changed(tmp_path):
    limits = NO_LIMITS._replace(readings_most=100, when_full="thin")
    outbox = Outbox(tmp_path, NOW_MS, limits)
    outbox.put([reading(n) for n in range(1, 31)], [], NOW_MS)
    seen = outbox.peek(10)
    outbox.put([reading(n) for n in range(31, 121)], [], NOW_MS)
    assert outbox.peek(10) == seen
    outbox.close()
    outbox = Outbox(tmp_path, NOW_MS, limits)
    outbox.put([reading(n) for n in range(121, 161)], [], NOW_MS)
    assert outbox.peek(10) == seen and outbox.peek(1) == seen._replace(readings=seen.readings[:1])
    outbox.drop(seen)
    assert outbox.peek(1).readings != seen.readings[:1]
    outbox.close()
