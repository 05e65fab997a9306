"""The soak's plan for terminals: a short run is clean, and each thing it judges is seen when it is wrong."""

import pytest

from firmware.protocol.frame import Reading, seq_of
from flasher import build
from tests.fakes.slots import OLD, furnish, keys
from tests.soak.terminal import ENOUGH, fall, faults_of, run, set_back

LEAK = """
kept = sys.modules["firmware.terminal"].__dict__.setdefault("kept", [])
kept.append((len(kept),))
"""  # 32 bytes of a tuple and 8 of the list that holds it

HEALTH = "firmware/terminal/health.py"


def reading(n, boot_no=5, second=None, current_a=1.0):
    """One window of ten seconds."""
    return Reading(
        "ct-00", 10_000 * (n if second is None else second), seq_of(boot_no, n), {"current_a": current_a}, 0, 1
    )


CLEAN = [reading(n) for n in range(1, 6)]
NOISE = (0, 32, 0, 160, 0, 32, 128)  # bytes in use beside the rest, as a terminal's statuses say it at rest


def heaps(leak=0, count=56):
    """Statuses half a minute apart: a warm-up, then the noise, and so many bytes less each time."""
    return [(0, 43_000), (30, 39_600)] + [
        (90 + 30 * at, 38_600 - NOISE[at % len(NOISE)] - leak * at) for at in range(count)
    ]


@pytest.fixture
def leaking(monkeypatch):
    """Lays an image onto a board's flash that loses 40 bytes with every status."""
    texts = build.texts

    def planted(staged):
        ours, chips = texts(staged)
        source = ours[HEALTH]
        begin = source.index("    state, uptime_ms =")
        leak = LEAK.replace("\n", "\n    ").strip(" ")
        return {**ours, HEALTH: "import sys\n" + source[:begin] + leak + source[begin:]}, chips

    with monkeypatch.context() as planting:
        planting.setattr(build, "texts", planted)
        content = build.files(OLD)
    image = build.head_and_image("simulated", OLD, content, keys()[0], build.MIN_BOOT)[1]

    def lay(folder):
        furnish(folder)
        if folder.parent.name == "t02":
            (folder / "a.img").write_bytes(image)

    return lay


def test_terminals_lose_nothing_and_double_nothing_while_their_links_are_cut_and_a_leak_of_40_bytes_is_found(leaking):
    seen, faults = run(60, 3, (3, 6), (1, 2), ask_every_s=0.5, warm_s=40, prepare=leaking)
    print(seen, faults)
    assert len(faults) == 1 and faults[0].startswith("ct-02: free heap fell by ")
    assert seen["link cuts"] >= 15 and seen["readings"] >= 100 and seen["statuses"] >= 100


def test_a_clean_run_has_no_fault_though_a_reading_was_sent_again():
    assert faults_of([*CLEAN, CLEAN[2]], heaps()) == []


@pytest.mark.parametrize(
    ("readings", "said", "fault"),
    [
        (CLEAN[:2] + CLEAN[3:], heaps(), "1 readings lost, the first is number 3"),
        ([*CLEAN, reading(3, current_a=2.0)], heaps(), "number 3 came with two contents"),
        ([*CLEAN, reading(6, second=5)], heaps(), "1 windows came under two numbers"),
        ([*CLEAN, reading(1, boot_no=6)], heaps(), "readings of 2 boots; one was to come"),
        (CLEAN, heaps()[:ENOUGH], f"its heap cannot be judged: fewer than {ENOUGH} statuses after 90 s"),
        (CLEAN, heaps(leak=40), "free heap fell by 1572 bytes"),
        (CLEAN, heaps(leak=10), "free heap fell by 394 bytes"),
    ],
)
def test_what_is_wrong_is_said(readings, said, fault):
    assert faults_of(readings, said) == [fault]


def test_a_window_that_a_late_proof_set_back_is_counted_and_no_window_under_two_numbers():
    moved = [*CLEAN, reading(6, second=5, current_a=2.0)]
    assert len(set_back(moved)) == 1 and faults_of(moved, heaps()) == []


def test_what_is_loaded_at_the_start_is_no_leak_and_neither_is_a_heap_that_rises():
    assert abs(fall(heaps(), 90)) <= 32 and fall(heaps(leak=-40), 90) < 0
