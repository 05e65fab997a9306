"""Broker, gateway and clock come and go: nothing is lost, nothing leaves twice under another number."""

import time

from tests.fakes.gateway import PeerGateway
from tests.firmware.terminal.conftest import GATEWAY, PASSWORD, road


def numbers(readings):
    """The n of readings, in the order they came."""
    return [reading.seq & 0xFFFFFF for reading in readings]


def test_readings_taken_while_the_broker_was_away_arrive_when_it_is_back(terminal, gateway, broker):
    gateway.wait_for_readings(2)
    broker.stop()
    terminal.expect("link lost gw-1", 20)
    broker.start()
    terminal.expect("link proved gw-1", 20, times=2)
    gateway.wait_for_readings(3)
    arrived = sorted(set(numbers(gateway.readings)))
    assert arrived == list(range(1, arrived[-1] + 1))


def test_what_was_not_acknowledged_is_sent_again_after_a_new_challenge(terminal, gateway):
    gateway.acknowledges = False
    first = gateway.wait_for_readings(1)[0]
    gateway.wait_until(lambda: len(gateway.hellos) >= 2)
    gateway.acknowledges = True
    gateway.wait_until(lambda: numbers(gateway.readings).count(first.seq & 0xFFFFFF) >= 2)
    later = gateway.wait_for_readings(3)
    assert numbers(later)[-1] > first.seq & 0xFFFFFF
    same = [reading for reading in gateway.readings if reading.seq == first.seq]
    assert all(reading == first for reading in same)


def test_a_terminal_that_is_refused_begins_again(terminal, gateway):
    gateway.wait_for_readings(1)
    gateway.refuses = "terminal_unknown"
    gateway.acknowledges = False
    gateway.wait_until(lambda: len(gateway.hellos) >= 3)
    gateway.refuses, gateway.acknowledges = None, True
    gateway.wait_for_readings(2)


def test_readings_wait_for_a_proved_time_and_are_then_stamped_from_the_uptime(make_terminal, broker, site):
    terminal = make_terminal(road(broker), settings={"time_again_s": 1})
    with PeerGateway(GATEWAY, broker.port, site.ca.pem, PASSWORD, site.key, ts_ms=lambda: None) as gateway:
        terminal.start()
        gateway.wait_until(lambda: len(gateway.hellos) >= 3)
        assert gateway.readings == []
        gateway.ts_ms = lambda: 1_760_000_000_000
        readings = gateway.wait_for_readings(3)
    assert numbers(readings)[:3] == [1, 2, 3]
    assert 1_759_999_900_000 < readings[0].ts_ms < 1_760_000_000_000
    assert 900 <= readings[1].ts_ms - readings[0].ts_ms <= 1200


def test_a_clock_decades_off_is_set_by_the_gateway_and_the_step_is_flagged(terminal, gateway):
    gateway.ts_ms = lambda: 951_782_400_000
    gateway.wait_for_readings(2)
    gateway.ts_ms = lambda: 1_760_000_000_000
    gateway.acknowledges = False
    gateway.wait_until(lambda: len(gateway.hellos) >= 2)
    gateway.acknowledges = True
    gateway.wait_until(lambda: any(reading.flags & 1 for reading in gateway.readings))
    stepped = next(reading for reading in gateway.readings if reading.flags & 1)
    assert stepped.ts_ms > 1_759_999_000_000
    assert len(set(numbers(gateway.readings))) == max(numbers(gateway.readings))


def test_readings_on_the_flash_outlive_a_power_cut(make_terminal, broker, gateway, site):
    terminal = make_terminal(road(broker), settings={"ring_readings": 4})
    terminal.start()
    gateway.wait_for_readings(2)
    broker.stop()
    terminal.expect("link lost")
    time.sleep(12)
    terminal.restart()
    broker.start()
    terminal.expect("link proved", times=2)
    gateway.wait_until(lambda: len({reading.seq >> 24 for reading in list(gateway.readings)}) == 2)
    before, after = sorted({reading.seq >> 24 for reading in gateway.readings})
    first = sorted({reading.seq & 0xFFFFFF for reading in gateway.readings if reading.seq >> 24 == before})
    assert after == before + 1 and first == list(range(1, len(first) + 1)) and len(first) >= 10


def test_a_terminal_turns_to_its_other_gateway(make_terminal, make_broker, site):
    dead, alive = make_broker(), make_broker()
    dead.stop()
    with PeerGateway(GATEWAY, alive.port, site.ca.pem, PASSWORD, site.key) as gateway:
        terminal = make_terminal(road(dead, "gw-0"), road(alive))
        terminal.start()
        terminal.expect("link lost gw-0")
        gateway.wait_for_readings(2)
