"""Readings wait in the outbox until they are acknowledged; what is lost is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.protocol.frame import Gap, Reading, pack_readings, pack_record, seq_of, unpack_readings
from firmware.terminal.outbox import Outbox

BOOT = 7


def record(n, ts_ms=1000):
    """One packed reading."""
    return pack_record(Reading("ct-01", ts_ms, seq_of(BOOT, n), {"temperature_c": n / 100}, 0))


def numbers(records):
    """The n of records, in order."""
    readings = unpack_readings("ct-01", pack_readings(BOOT, records))
    return [reading.seq & 0xFFFFFF for reading in readings]


def seqs(first, last):
    """An acknowledged interval."""
    return seq_of(BOOT, first), seq_of(BOOT, last)


def box(slots=8, filled=0, stamped=True):
    """An outbox with some readings in it."""
    outbox = Outbox(BOOT, slots, len(record(1)))
    if stamped:
        outbox.stamp(0)
    for n in range(1, filled + 1):
        outbox.put(record(n))
    return outbox


def test_peek_hands_over_the_oldest_and_forgets_nothing():
    outbox = box(filled=5)
    assert numbers(outbox.peek(3)) == [1, 2, 3]
    assert numbers(outbox.peek(3)) == [1, 2, 3]


def test_only_what_is_acknowledged_is_forgotten():
    outbox = box(filled=5)
    outbox.drop([seqs(1, 2)])
    assert numbers(outbox.peek(9)) == [3, 4, 5]


def test_an_acknowledgement_with_a_hole_leaves_the_hole():
    outbox = box(filled=5)
    outbox.drop([seqs(1, 1), seqs(3, 4)])
    assert numbers(outbox.peek(9)) == [2, 5]
    assert outbox.oldest() == 2


def test_an_acknowledgement_of_another_boot_forgets_nothing():
    outbox = box(filled=3)
    outbox.drop([(seq_of(BOOT - 1, 1), seq_of(BOOT - 1, 3))])
    assert len(outbox) == 3


def test_a_full_outbox_loses_its_oldest_and_says_which():
    outbox = box(slots=4, filled=7)
    assert numbers(outbox.peek(9)) == [4, 5, 6, 7]
    assert outbox.gaps() == [Gap(*seqs(1, 3), "outbox_full")]


def test_a_loss_is_said_until_it_is_acknowledged():
    outbox = box(slots=4, filled=6)
    outbox.drop([seqs(3, 3)])
    assert outbox.gaps() == [Gap(*seqs(1, 2), "outbox_full")]
    outbox.drop([seqs(1, 2)])
    assert outbox.gaps() == []


def test_a_loss_that_grew_is_not_let_go_by_the_acknowledgement_of_its_beginning():
    outbox = box(slots=4, filled=6)
    outbox.put(record(7))
    outbox.drop([seqs(1, 2)])
    assert outbox.gaps() == [Gap(*seqs(1, 3), "outbox_full")]


def test_what_was_acknowledged_out_of_turn_is_no_loss():
    outbox = box(slots=4, filled=4)
    outbox.drop([seqs(2, 2)])
    for n in range(5, 9):
        outbox.put(record(n))
    assert [(gap.from_seq & 0xFFFFFF, gap.to_seq & 0xFFFFFF) for gap in outbox.gaps()] == [(1, 1), (3, 4)]


def test_nothing_is_handed_over_before_a_time_is_known_then_all_is_stamped_by_its_uptime():
    outbox = box(stamped=False)
    outbox.put(record(1, ts_ms=2000))
    outbox.put(record(2, ts_ms=3000))
    assert outbox.peek(9) == [] and len(outbox) == 2
    outbox.stamp(1_760_000_000_000)
    times = [reading.ts_ms for reading in unpack_readings("ct-01", pack_readings(BOOT, outbox.peek(9)))]
    assert times == [1_760_000_002_000, 1_760_000_003_000]


def test_readings_are_stamped_once():
    outbox = box(filled=1)
    before = outbox.peek(1)
    outbox.stamp(5000)
    assert outbox.peek(1) == before


def test_a_record_longer_than_a_slot_is_refused_and_spoils_nothing():
    outbox = box(filled=2)
    with pytest.raises(ValueError, match="at most"):
        outbox.put(record(3) + b"x")
    assert numbers(outbox.peek(9)) == [1, 2]


@given(st.lists(st.one_of(st.just("put"), st.tuples(st.integers(1, 40), st.integers(0, 6))), max_size=60))
def test_every_number_is_waiting_acknowledged_or_said_to_be_lost(steps):
    outbox, n, acknowledged = box(slots=5), 0, set()
    for step in steps:
        if step == "put":
            n += 1
            outbox.put(record(n))
        else:
            waiting = set(numbers(outbox.peek(9)))
            acknowledged |= waiting & set(range(step[0], step[0] + step[1]))
            outbox.drop([seqs(one, one) for one in waiting if step[0] <= one < step[0] + step[1]])
    lost = {one for gap in outbox.gaps() for one in range(gap.from_seq & 0xFFFFFF, (gap.to_seq & 0xFFFFFF) + 1)}
    waiting = set(numbers(outbox.peek(9)))
    assert waiting | acknowledged | lost == set(range(1, n + 1))
    assert not waiting & acknowledged and not waiting & lost and not acknowledged & lost
