"""The link over years: names that cannot be found, Wi-Fi that goes, a gateway that comes back, a password refused."""

import time

from firmware.protocol.message import Command
from firmware.protocol.seal import gateway_key, mqtt_password
from tests.fakes.gateway import PeerGateway
from tests.firmware.terminal.conftest import GATEWAY, PASSWORD, road
from tests.firmware.terminal.test_led import PIN, shows
from tests.firmware.terminal.test_outage import numbers

NOWHERE = "gateway.invalid"  # a name that nobody ever has


def test_a_name_that_is_not_found_costs_a_pause_and_the_next_gateway_is_taken(make_terminal, broker, gateway):
    lost = [("gw-8", NOWHERE, 8883, NOWHERE), ("gw-9", NOWHERE, 8443, NOWHERE, "http")]
    terminal = make_terminal(*lost, road(broker), settings={"return_s": 2})
    terminal.start()
    gateway.wait_for_readings(2)
    for name in ("gw-8", "gw-9"):
        terminal.expect(f"link lost {name}: OSError", times=2)  # looked for again while the third is in use
    gateway.wait_for_readings(2)
    assert numbers(gateway.readings)[:4] == [1, 2, 3, 4]


def test_a_gateway_that_answers_too_late_is_waited_for_and_no_impostor(make_terminal, broker, gateway):
    """Overloaded: each answer takes longer than ack_timeout_s. It is right, so the terminal does not stay away."""
    gateway.slow_s = 3
    terminal = make_terminal(road(broker), settings={"ack_timeout_s": 2, "distrust_s": 3600})
    terminal.start()
    terminal.expect("refused proof_late")
    gateway.wait_for_readings(2, 60)
    assert not [line for line in terminal.lines if "link refused" in line or "proof_wrong" in line]


def test_a_wifi_that_goes_is_told_and_joined_again_when_it_is_back_and_no_reading_is_lost(
    make_terminal, broker, gateway
):
    terminal = make_terminal(road(broker), wifi={"ssid": "ward", "key": "not-used-here"}, led=PIN)
    terminal.start()
    gateway.wait_for_readings(1)
    terminal.play(air=False)
    terminal.expect("link lost gw-1: no Wi-Fi")
    shows(terminal, 2)
    assert sum("link open" in line for line in terminal.lines) == 1
    terminal.play()
    terminal.expect("link proved gw-1", 30, times=2)
    gateway.wait_until(lambda: len(set(numbers(gateway.readings))) >= 8)
    came = sorted(set(numbers(gateway.readings)))
    assert came == list(range(1, len(came) + 1))
    assert gateway.ask(Command(1, "status", {})).body["link_losses"] == 1


def test_an_earlier_gateway_of_the_list_is_taken_again_when_it_is_back(make_terminal, make_broker, site):
    key = gateway_key(site.secret, "gw-0")
    first, second = make_broker(key=key), make_broker()
    first.stop()
    with PeerGateway(GATEWAY, second.port, site.ca.pem, PASSWORD, site.key) as later:
        terminal = make_terminal(road(first, "gw-0"), road(second), settings={"return_s": 3})
        terminal.start()
        later.wait_for_readings(1)
        first.start()
        with PeerGateway("gw-0", first.port, site.ca.pem, PASSWORD, key) as earlier:
            terminal.expect("link left gw-1: an earlier gateway may be back")
            terminal.expect("link proved gw-0")
            earlier.wait_for_readings(4)  # longer than return_s: it stays
    came = sorted({*numbers(earlier.readings), *numbers(later.readings)})
    assert came == list(range(1, len(came) + 1))
    assert "link left gw-0" not in "".join(terminal.lines)


def test_a_refused_password_is_shown_a_whole_longest_pause_later_again_and_taken_when_it_is_right(
    make_terminal, make_broker, site
):
    broker = make_broker(key=bytes(32))
    terminal = make_terminal(road(broker), settings={"back_off_most_s": 4}, led=PIN)
    terminal.start()
    terminal.expect("link refused gw-1: broker refused, code 5")
    first_s = time.monotonic()
    terminal.expect("link refused", times=2)
    assert time.monotonic() - first_s > 1.9  # at least half of it; another failure is tried again after 0.1 to 0.2 s
    shows(terminal, 3)
    broker.stop()
    broker.let_in("ct-01", mqtt_password(site.key))
    broker.start()
    terminal.expect("link open gw-1", 20)
