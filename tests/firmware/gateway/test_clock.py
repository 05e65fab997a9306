"""What time it is, and who vouches for it."""

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
    one = clock(vouched=True)
    one.hear(SERVER_MS, 4_000, 4_200)
    assert one.proved_ms() == 1_000


def test_the_system_can_be_asked():
    assert ntp_vouches() in (True, False)
