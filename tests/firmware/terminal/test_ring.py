"""Readings wait in the ring until they are acknowledged; what is lost is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.protocol.frame import Gap, Reading, pack_readings, pack_record, seq_of
from firmware.protocol.received import unpack_readings
from firmware.terminal.ring import Ring

BOOT = 7


def record(n, ts_ms=1000):
    """One packed reading."""
    return pack_record(Reading("ct-01", ts_ms, seq_of(BOOT, n), {"temperature_c": n / 100}, 0, 1))


def numbers(records):
    """The n of records, in order."""
    readings = unpack_readings("ct-01", pack_readings(BOOT, records))
    return [reading.seq & 0xFFFFFF for reading in readings]


def seqs(first, last):
    """An acknowledged interval."""
    return seq_of(BOOT, first), seq_of(BOOT, last)


def box(slots=8, filled=0, stamped=True):
    """An ring with some readings in it."""
    ring = Ring(BOOT, slots, len(record(1)))
    if stamped:
        ring.stamp(0)
    for n in range(1, filled + 1):
        ring.put(record(n))
    return ring


def test_peek_hands_over_the_oldest_and_forgets_nothing():
    ring = box(filled=5)
    assert numbers(ring.peek(3)) == [1, 2, 3]
    assert numbers(ring.peek(3)) == [1, 2, 3]


def test_only_what_is_acknowledged_is_forgotten():
    ring = box(filled=5)
    ring.drop([seqs(1, 2)])
    assert numbers(ring.peek(9)) == [3, 4, 5]


def test_an_acknowledgement_with_a_hole_leaves_the_hole():
    ring = box(filled=5)
    ring.drop([seqs(1, 1), seqs(3, 4)])
    assert numbers(ring.peek(9)) == [2, 5]
    assert ring.oldest() == 2


def test_an_acknowledgement_of_another_boot_forgets_nothing():
    ring = box(filled=3)
    ring.drop([(seq_of(BOOT - 1, 1), seq_of(BOOT - 1, 3))])
    assert len(ring) == 3


def test_a_full_ring_loses_its_oldest_and_says_which():
    ring = box(slots=4, filled=7)
    assert numbers(ring.peek(9)) == [4, 5, 6, 7]
    assert ring.gaps() == [Gap(*seqs(1, 3), "outbox_full")]


def test_a_loss_is_said_until_it_is_acknowledged():
    ring = box(slots=4, filled=6)
    ring.drop([seqs(3, 3)])
    assert ring.gaps() == [Gap(*seqs(1, 2), "outbox_full")]
    ring.drop([seqs(1, 2)])
    assert ring.gaps() == []


def test_a_loss_that_grew_is_not_let_go_by_the_acknowledgement_of_its_beginning():
    ring = box(slots=4, filled=6)
    ring.put(record(7))
    ring.drop([seqs(1, 2)])
    assert ring.gaps() == [Gap(*seqs(1, 3), "outbox_full")]


def test_what_was_acknowledged_out_of_turn_is_no_loss():
    ring = box(slots=4, filled=4)
    ring.drop([seqs(2, 2)])
    for n in range(5, 9):
        ring.put(record(n))
    assert [(gap.from_seq & 0xFFFFFF, gap.to_seq & 0xFFFFFF) for gap in ring.gaps()] == [(1, 1), (3, 4)]


def test_nothing_is_handed_over_before_a_time_is_known_then_all_is_stamped_by_its_uptime():
    ring = box(stamped=False)
    ring.put(record(1, ts_ms=2000))
    ring.put(record(2, ts_ms=3000))
    assert ring.peek(9) == [] and len(ring) == 2
    ring.stamp(1_760_000_000_000)
    times = [reading.ts_ms for reading in unpack_readings("ct-01", pack_readings(BOOT, ring.peek(9)))]
    assert times == [1_760_000_002_000, 1_760_000_003_000]


def test_readings_are_stamped_once():
    ring = box(filled=1)
    before = ring.peek(1)
    ring.stamp(5000)
    assert ring.peek(1) == before


def test_a_record_longer_than_a_slot_is_refused_and_spoils_nothing():
    ring = box(filled=2)
    with pytest.raises(ValueError, match="at most"):
        ring.put(record(3) + b"x")
    assert numbers(ring.peek(9)) == [1, 2]


@given(st.lists(st.one_of(st.just("put"), st.tuples(st.integers(1, 40), st.integers(0, 6))), max_size=60))
def test_every_number_is_waiting_acknowledged_or_said_to_be_lost(steps):
    ring, n, acknowledged = box(slots=5), 0, set()
    for step in steps:
        if step == "put":
            n += 1
            ring.put(record(n))
        else:
            waiting = set(numbers(ring.peek(9)))
            acknowledged |= waiting & set(range(step[0], step[0] + step[1]))
            ring.drop([seqs(one, one) for one in waiting if step[0] <= one < step[0] + step[1]])
    lost = {one for gap in ring.gaps() for one in range(gap.from_seq & 0xFFFFFF, (gap.to_seq & 0xFFFFFF) + 1)}
    waiting = set(numbers(ring.peek(9)))
    assert waiting | acknowledged | lost == set(range(1, n + 1))
    assert not waiting & acknowledged and not waiting & lost and not acknowledged & lost
