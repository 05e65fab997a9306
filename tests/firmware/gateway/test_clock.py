"""What time it is, and who vouches for it."""

import pytest

from firmware.gateway.clock import Clock, ntp_vouches

SERVER_MS = 1_795_000_000_000


def clock(vouched=False, steady_ms=5_000):
    return Clock(lambda: 1_000, lambda: steady_ms, lambda: vouched)


def test_nobody_vouches_then_the_time_is_unknown():
    assert clock().proved_ms() is None
    assert clock().now_ms() == 1_000


def test_the_collectors_answer_gives_the_time_from_the_middle_of_the_exchange():
    one = clock(steady_ms=5_000)
    one.hear(SERVER_MS, 4_000, 4_200)
    assert one.proved_ms() == SERVER_MS + 900


def test_a_slow_answer_says_nothing_about_the_time():
    one = clock()
    one.hear(SERVER_MS, 0, 5_001)
    assert one.proved_ms() is None


def test_an_answer_without_a_time_is_no_time():
    one = clock()
    one.hear(None, 0, 1)
    one.hear("soon", 0, 1)
    assert one.proved_ms() is None


def test_ntp_goes_before_the_collector():
    one = Clock(lambda: SERVER_MS + 1_400, lambda: 5_000, lambda: True)
    one.hear(SERVER_MS, 4_000, 4_200)
    assert one.proved_ms() == SERVER_MS + 1_400


YEAR_MS = 365 * 86_400_000


class Day:
    """A system clock, a steady one and NTP, to be turned by a test; `clock` looks at them."""

    def __init__(self, vouched):
        self.wall_ms, self.steady_ms, self.vouched = SERVER_MS, 5_000, vouched
        self.clock = Clock(lambda: self.wall_ms, lambda: self.steady_ms, lambda: self.vouched)

    def passes(self, ms):
        self.wall_ms, self.steady_ms = self.wall_ms + ms, self.steady_ms + ms

    def hear(self, server_ms):
        self.clock.hear(server_ms, self.steady_ms, self.steady_ms)


@pytest.mark.parametrize("jump_ms", [YEAR_MS, -YEAR_MS])
def test_a_clock_that_jumps_a_year_while_ntp_vouches_is_not_believed_before_the_collector_agrees(jump_ms):
    day = Day(vouched=True)
    assert day.clock.proved_ms() == SERVER_MS
    day.wall_ms += jump_ms
    day.passes(1_000)
    assert day.clock.proved_ms() is None, "the time is unknown"
    assert day.clock.now_ms() == SERVER_MS + 1_000, "and our own stamps go on"
    day.hear(SERVER_MS + 1_000)
    assert day.clock.proved_ms() == SERVER_MS + 1_000 and day.clock.offset_ms() == -jump_ms and day.clock.jumps == 1
    day.wall_ms -= jump_ms
    day.passes(1_000)
    assert day.clock.proved_ms() == SERVER_MS + 2_000 and day.clock.offset_ms() == 0


@pytest.mark.parametrize("jump_ms", [YEAR_MS, -YEAR_MS])
def test_a_clock_that_jumps_while_the_collectors_is_known_moves_nothing(jump_ms):
    day = Day(vouched=False)
    day.hear(SERVER_MS)
    day.wall_ms += jump_ms
    day.passes(3_600_000)
    assert day.clock.proved_ms() == day.clock.now_ms() == SERVER_MS + 3_600_000


def test_a_small_correction_of_ntp_is_followed():
    day = Day(vouched=True)
    day.clock.proved_ms()
    day.wall_ms += 2_000
    assert day.clock.proved_ms() == SERVER_MS + 2_000 and day.clock.jumps == 0


def test_the_collectors_step_is_believed():
    day = Day(vouched=False)
    day.hear(SERVER_MS)
    day.hear(SERVER_MS - YEAR_MS)
    assert day.clock.proved_ms() == SERVER_MS - YEAR_MS


def test_an_offset_is_known_only_after_the_collector_was_heard():
    assert Day(vouched=True).clock.offset_ms() is None


def test_the_system_can_be_asked():
    assert ntp_vouches() in (True, False)
