"""Which slot starts: a trial gets three starts, a crashing image is left, two bad ones end in safe mode."""

from firmware.terminal import slots
from firmware.terminal.slots import FIRST, SAFE, confirm, crashed, spoiled, start, try_next


def fresh(**changes):
    return {**FIRST, "bad": [], "floor": [0, 0, 0], **changes}


def test_a_trial_that_never_confirms_falls_back_after_three_starts():
    state = try_next(fresh(), "b")
    started = []
    for _ in range(4):
        slot, state = start(state)
        started.append(slot)
    assert started == ["b", "b", "b", "a"]
    assert state["trial"] is None and state["bad"] == ["b"]


def test_a_trial_that_confirms_stays_and_only_then_the_floor_rises():
    _slot, state = start(try_next(fresh(), "b"))
    assert state["floor"] == [0, 0, 0]
    state = confirm(state, (1, 4, 2))
    assert (state["active"], state["trial"], state["floor"]) == ("b", None, [1, 4, 2])
    assert start(state)[0] == "b"


def test_the_floor_never_falls():
    assert confirm(fresh(floor=[2, 0, 0]), (1, 9, 9))["floor"] == [2, 0, 0]


def test_a_confirmed_image_that_crashes_three_times_in_a_row_gives_way_to_the_other_slot():
    state = fresh()
    for _ in range(3):
        slot, state = start(state)
        assert slot == "a"
        state = crashed(state)
    slot, state = start(state)
    assert slot == "b" and state["bad"] == ["a"]
    for _ in range(3):
        slot, state = start(state)
        state = crashed(state)
    assert start(state)[0] == SAFE


def test_a_fresh_board_goes_to_safe_without_trying_the_slot_that_is_empty():
    state = dict(FIRST, crashes=3)
    assert start(state) == (SAFE, state)
    assert confirm(start(try_next(state, "b"))[1], (0, 2, 0))["bad"] == []  # from now on each is the other's spare


def test_a_slot_that_an_image_is_coming_into_is_passed_over_until_it_is_whole():
    state = spoiled(fresh(), "b")
    for _ in range(3):
        state = crashed(state)
    assert start(state)[0] == SAFE
    assert spoiled(state, "b") == state and try_next(state, "b")["bad"] == []
    assert spoiled(fresh(bad=["a"]), "b")["bad"] == ["a", "b"]


def test_a_confirmation_forgives_crashes():
    state = confirm(crashed(crashed(fresh())), (1, 0, 0))
    assert state["crashes"] == 0


def test_a_missing_or_damaged_state_is_that_of_a_fresh_board_and_says_so(tmp_path):
    folder = str(tmp_path) + "/"
    assert slots.read(folder)["lost"]
    for text in ("", "{", "[]", '{"active": "c"}'):
        (tmp_path / slots.STATE).write_text(text)
        assert slots.read(folder)["lost"] and slots.read(folder)["active"] == "a"
    slots.write(fresh(active="b"), folder)
    assert slots.read(folder)["active"] == "b" and "lost" not in slots.read(folder)


def test_the_button_starts_safe_gives_a_trial_up_and_leaves_the_rest():
    for state in (dict(slots.FIRST), dict(slots.FIRST, crashes=2)):
        assert slots.start(state, by_hand=True) == (slots.SAFE, state)
    slot, state = slots.start(slots.try_next(dict(slots.FIRST), "b"), by_hand=True)
    assert slot == slots.SAFE and state["trial"] is None and state["bad"] == ["b"]
    assert slots.start(state) == ("a", state)


def test_pins_are_what_the_cable_wrote_and_none_where_it_wrote_nothing_whole(tmp_path, capsys):
    assert slots.pins(f"{tmp_path}/") == {}
    (tmp_path / slots.PINS).write_text('{"led": 2, "safe_pin": 0}')
    assert slots.pins(f"{tmp_path}/") == {"led": 2, "safe_pin": 0}
    (tmp_path / slots.PINS).write_text('{"led": 2, "sa')
    assert slots.pins(f"{tmp_path}/") == {} and "pins.json is damaged" in capsys.readouterr().out
