"""What becomes of a terminal's readings on their way north: nothing silently, edges at once, every number once."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.gateway.thinning import NEUTRAL, NOTHING, QUARTER_MS, folded, joins, let_go, pairs
from firmware.protocol.channels import AGGREGATED, CLOCK_STEPPED, EDGE, SHORT_WINDOW, SPIKE
from firmware.protocol.frame import Reading
from firmware.protocol.received import span_of

NOW_MS = 1_795_000_000_000 // QUARTER_MS * QUARTER_MS
BY_SIX = NEUTRAL._replace(windows=6)
QUIET = NEUTRAL._replace(bands={"temperature_c": 0.2})
LEAPS = NEUTRAL._replace(leaps={"temperature_c": 5.0})


def reading(seq, value=20.0, flags=0, **more):
    """A window of 10 s; its charge is its number."""
    values = {"temperature_c": value, "charge_as": float(seq), **more}
    return Reading("ct-01", NOW_MS + 10_000 * seq, seq, values, flags, 1)


def rows(*readings):
    """Rows with the number as id."""
    return [(one.seq, one) for one in readings]


def spans(moves):
    """What each move stands for."""
    return [span_of(move.reading) for move in moves]


def test_so_many_windows_become_one_and_the_rest_waits():
    moves, last = let_go(rows(*(reading(n, n) for n in range(1, 9))), NOTHING, BY_SIX)
    assert spans(moves) == [(1, 6)] and moves[0].ids == (1, 2, 3, 4, 5, 6)
    one = moves[0].reading
    assert (one.windows, one.flags, one.ts_ms) == (6, AGGREGATED, NOW_MS + 10_000)
    assert one.values == {"temperature_c": 3.5, "charge_as": 21.0}
    assert last.seq == 6
    assert spans(let_go(rows(reading(7), reading(8)), last, BY_SIX, over=True)[0]) == [(7, 8)]


def test_an_edge_goes_at_once_alone_and_takes_what_was_before_it_along():
    for flag in (EDGE, CLOCK_STEPPED):
        moves, _ = let_go(rows(reading(1), reading(2), reading(3, flags=flag), reading(4)), NOTHING, BY_SIX)
        assert spans(moves) == [(1, 2), (3, 3)]
        assert moves[1].reading == reading(3, flags=flag)


def test_only_neighbours_with_the_same_doubts_are_folded():
    first = reading(1)
    assert joins(first, reading(2))
    assert not joins(first, reading(3))
    assert not joins(first, reading(2, None))
    assert not joins(first, reading(2, voltage_v=230.0))
    assert not joins(first, reading(2, flags=SHORT_WINDOW))
    assert not joins(first, reading(2)._replace(ts_ms=first.ts_ms))
    assert not joins(first, reading(2)._replace(ts_ms=NOW_MS + QUARTER_MS))


def test_a_hole_ends_a_group_and_what_fills_it_later_stands_alone():
    moves, last = let_go(rows(reading(1), reading(2), reading(5)), NOTHING, BY_SIX)
    assert spans(moves) == [(1, 2)]
    moves, last = let_go(rows(reading(3), reading(4), reading(5)), last, BY_SIX)
    assert spans(moves) == [] and last.seq == 2
    moves, _ = let_go(rows(reading(3)), last._replace(seq=9), BY_SIX)
    assert spans(moves) == [(3, 3)]


def test_what_is_quiet_is_folded_until_the_heartbeat_and_a_change_goes_at_once():
    values = [20.0, 20.1, 19.9, 20.05, 20.0, 20.1, 20.0, 20.5, 20.5]
    quiet = [reading(n, value)._replace(values={"temperature_c": value}) for n, value in enumerate(values, 1)]
    moves, last = let_go(rows(*quiet), NOTHING, QUIET)
    assert spans(moves) == [(1, 1), (2, 7), (8, 8)]
    assert moves[1].reading.values["temperature_c"] == sum(values[1:7]) / 6
    assert last.sent.values == {"temperature_c": 20.5}


def test_a_channel_without_a_band_counts_at_any_change():
    moves, _ = let_go(rows(*(reading(n) for n in (1, 2, 3))), NOTHING, QUIET)  # their charge is never the same
    assert spans(moves) == [(1, 1), (2, 2), (3, 3)]


def test_a_value_that_becomes_invalid_or_valid_again_goes_at_once():
    quiet = [
        reading(n, value)._replace(values={"temperature_c": value}) for n, value in ((1, 20.0), (2, None), (3, 20.0))
    ]
    moves, _ = let_go(rows(*quiet), NOTHING, QUIET)
    assert spans(moves) == [(1, 1), (2, 2), (3, 3)]


def test_a_leap_away_and_back_is_marked_invalid_and_counted_and_its_neighbours_stay():
    moves, _ = let_go(rows(*(reading(n, v) for n, v in enumerate((20.0, 85.0, 20.1, 20.2), 1))), NOTHING, LEAPS)
    assert [move.reading.values["temperature_c"] for move in moves] == [20.0, None, 20.1, 20.2]
    assert [move.reading.flags for move in moves] == [0, SPIKE, 0, 0]
    assert [move.spikes for move in moves] == [0, 1, 0, 0]
    assert [move.reading.values["charge_as"] for move in moves] == [1.0, 2.0, 3.0, 4.0]


def test_a_leap_that_stays_is_real():
    moves, _ = let_go(rows(*(reading(n, v) for n, v in enumerate((20.0, 30.0, 30.1), 1))), NOTHING, LEAPS)
    assert [move.reading for move in moves] == [reading(n, v) for n, v in enumerate((20.0, 30.0, 30.1), 1)]


def test_a_doubted_value_waits_for_the_next_and_is_kept_when_none_comes():
    held = rows(reading(1, 20.0), reading(2, 85.0))
    moves, last = let_go(held, NOTHING, LEAPS)
    assert spans(moves) == [(1, 1)]
    assert let_go(held[1:], last, LEAPS)[0] == []
    (spike, _), _ = let_go(rows(reading(2, 85.0), reading(3, 20.0)), last, LEAPS)
    assert spike.reading.values["temperature_c"] is None
    (kept,), _ = let_go(held[1:], last, LEAPS, over=True)
    assert kept.reading == reading(2, 85.0)


def test_an_edge_is_never_doubted():
    moves, _ = let_go(rows(reading(1, 20.0), reading(2, 85.0, EDGE)), NOTHING, LEAPS)
    assert moves[1].reading == reading(2, 85.0, EDGE)


def test_two_neighbours_of_each_terminal_become_one_and_edges_stay():
    other = [one._replace(terminal_id="ct-02") for one in (reading(1), reading(2), reading(3))]
    mixed = list(enumerate([reading(1), other[0], reading(2), other[1], other[2], reading(3, flags=EDGE), reading(4)]))
    moves = pairs(mixed)
    assert [(move.ids, move.reading.terminal_id, span_of(move.reading)) for move in moves] == [
        ((0, 2), "ct-01", (1, 2)),
        ((1, 3), "ct-02", (1, 2)),
    ]


def test_folding_in_steps_is_folding_at_once():
    readings = [reading(n, float(n)) for n in range(1, 5)]
    assert folded([folded(readings[:2]), folded(readings[2:])]) == folded(readings)


RULES = st.sampled_from(
    [NEUTRAL, BY_SIX, QUIET, LEAPS, BY_SIX._replace(leaps=LEAPS.leaps), QUIET._replace(leaps=LEAPS.leaps)]
)
READINGS = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from([20.0, 20.1, 21.0, 90.0, None]), st.sampled_from([0, 0, 0, EDGE])),
    unique_by=lambda one: one[0],
)


@given(RULES, READINGS, st.lists(st.integers(1, 5)))
def test_whatever_comes_in_whatever_order_every_number_goes_once(rule, found, sizes):
    held, last, out, edges, every = [], NOTHING, [], set(), {seq for seq, *_ in found}
    for size in [*sizes, len(found)]:
        part, found = found[:size], found[size:]
        held = sorted(held + [(seq, reading(seq, value, flags)) for seq, value, flags in part])
        edges |= {seq for seq, _value, flags in part if flags & EDGE}
        moves, last = let_go(held, last, rule)
        gone = {number for move in moves for number in move.ids}
        assert edges <= gone | {seq for move in out for seq in move.ids}  # an edge waits for nothing
        held, out = [row for row in held if row[0] not in gone], out + moves
    moves, _ = let_go(held, last, rule, over=True)
    everything = [span_of(move.reading) for move in out + moves]
    numbers = [n for first, end in everything for n in range(first, end + 1)]
    assert sorted(numbers) == sorted(every)
    assert sum(move.reading.values["charge_as"] for move in out + moves) == sum(every)
