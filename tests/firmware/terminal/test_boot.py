"""What the boot part does when a slot cannot even be mounted or imported: it counts, and another program runs."""

import pytest

from firmware.terminal import slots
from flasher import build
from tests.fakes.certificates import make_ca
from tests.fakes.slots import NEW, OLD, furnish, image_of
from tests.fakes.terminal import SimulatedTerminal

ENOUGH_HEAP = 102 * 1024
NOBODY = ("gw-1", "127.0.0.1", 9, "gw.test")


@pytest.fixture
def board(tmp_path):
    """A furnished board that is switched off."""
    furnish(tmp_path / "ct-01")
    terminal = SimulatedTerminal(tmp_path / "ct-01", bytes(32), [NOBODY], make_ca("boot").der)
    yield terminal
    terminal.kill()


def broken():
    """An image whose every import of slots fails."""
    source = "raise ImportError('planted')\n"
    return image_of(NEW, slots=build.compiled(source, "slots.py"), main=build.compiled(source, "main.py"))[1]


@pytest.mark.parametrize("spare", ["half", "none", "noise", "broken"])
def test_a_trial_that_cannot_start_gives_way_after_three_starts(board, spare):
    image = {"half": image_of(NEW)[1][:40000], "none": None, "noise": b"\xff" * 9000, "broken": broken()}[spare]
    if image is not None:
        (board.folder / "b.img").write_bytes(image)
    slots.write(slots.try_next(dict(slots.FIRST), "b"), f"{board.folder}/")
    board.start()
    board.expect("gantry terminal", 30)
    starts = [line for line in board.lines if line.startswith("gantry boot slot")]
    assert starts == ["gantry boot slot b"] * 3 + ["gantry boot slot a"]
    said = "planted" if spare == "broken" else "ValueError: slot b.img"
    assert sum(said in line for line in board.lines) == 3


@pytest.mark.parametrize(("bad", "started"), [(["b"], "aaa"), ([], "aaabbb")])
def test_when_no_slot_is_good_the_program_in_safe_runs_and_an_empty_one_is_not_tried(board, bad, started):
    for name in ("a.img", "b.img"):
        (board.folder / name).write_bytes(image_of(OLD)[1][:-1])
    slots.write(dict(slots.FIRST, bad=bad), f"{board.folder}/")
    board.start()
    board.expect("gantry terminal", 30)
    starts = [line.split()[-1] for line in board.lines if line.startswith("gantry boot slot")]
    assert starts == [*started, "safe"]


def test_a_state_that_was_damaged_is_a_whole_one_again_after_the_first_start(board):
    (board.folder / slots.STATE).write_text('{"active": ')
    board.start()
    board.expect("gantry terminal", 30)
    state = slots.read(f"{board.folder}/")
    assert "lost" not in state and state["active"] == "a" and state["bad"] == []


def test_enough_memory_is_free_on_a_board_that_started_from_a_packed_slot(board):
    board.start()
    free = int(board.expect("gantry terminal", 30).rsplit(" ", 1)[1])
    print("heap free after the start of a furnished board", free)
    assert free >= ENOUGH_HEAP
