"""The whole terminal under a real MicroPython with 192 KiB: from a register to a sealed reading, over a real broker."""

import re

from tests.firmware.terminal.conftest import road

ENOUGH_HEAP, ENOUGH_WITH_TLS = 90 * 1024, 73 * 1024
PICO_LEAST, TLS_ON_A_PICO = 60 * 1024, 27100


def boots(readings):
    """The boot numbers readings came from."""
    return {reading.seq >> 24 for reading in readings}


def test_what_a_register_holds_arrives_as_a_reading(terminal, gateway):
    terminal.play(fixed={"temperature_c": 23.45, "humidity_pct": 41.5, "current_a": 60.0})
    reading = gateway.wait_for_readings(6)[-1]
    assert reading.values["temperature_c"] == 23.45 and abs(reading.values["humidity_pct"] - 41.5) <= 0.01
    for name in ("current_a", "current_min_a", "current_max_a", "current_rms_a"):
        assert abs(reading.values[name] - 60) < 0.02
    assert abs(reading.values["charge_as"] - 60) < 6
    assert reading.flags == 0 and "voltage_v" not in reading.values


def test_enough_memory_is_free_after_the_start_and_with_tls_open(terminal, gateway):
    started = int(re.search(r"heap_free (\d+)", terminal.expect("gantry terminal ct-01"))[1])
    connected = int(re.search(r"heap_free (\d+)", terminal.expect("link open gw-1"))[1])
    print("heap free after the start", started, "with TLS open", connected)
    assert started >= ENOUGH_HEAP and connected >= ENOUGH_WITH_TLS


def test_a_board_the_flasher_furnished_keeps_60_kib_of_a_pico_w_free_with_tls_open(terminal, gateway):
    terminal.kill()
    terminal.furnish()
    terminal.lines.clear()
    terminal.start()
    connected = int(re.search(r"heap_free (\d+)", terminal.expect("link open gw-1", 60))[1])
    print("heap free with TLS open on a furnished board", connected, "on a Pico W, computed", connected - TLS_ON_A_PICO)
    assert connected - TLS_ON_A_PICO >= PICO_LEAST


def test_numbers_follow_each_other_and_times_are_those_of_the_gateways_clock(terminal, gateway):
    gateway.ts_ms = lambda: 1_760_000_000_000
    readings = gateway.wait_for_readings(5)
    assert [reading.seq & 0xFFFFFF for reading in readings] == [1, 2, 3, 4, 5]
    steps = [later.ts_ms - sooner.ts_ms for sooner, later in zip(readings, readings[1:], strict=False)]
    assert all(900 <= step <= 1200 for step in steps), steps


def test_a_boot_number_is_never_used_again_whenever_the_power_is_cut(terminal, gateway):
    seen = []
    for round_no in range(4):
        seen += gateway.wait_for_readings(1)
        terminal.restart()
        terminal.expect("gantry terminal", times=round_no + 2)
    gateway.wait_for_readings(1)
    numbers = [reading.seq for reading in gateway.readings]
    assert len(numbers) == len(set(numbers)) and len(boots(gateway.readings)) >= 4


def test_an_unplugged_sensor_gives_invalid_values_and_a_flag_and_comes_back(terminal, gateway):
    gateway.wait_for_readings(2)
    terminal.play(absent=["sht4x", "ina219"])
    bad = gateway.wait_for_readings(2)[-1]
    assert bad.values["temperature_c"] is None and bad.values["current_a"] is None and bad.flags & 0x20
    terminal.play(damaged=["sht4x"])
    garbled = gateway.wait_for_readings(2)[-1]
    assert garbled.values["temperature_c"] is None and garbled.values["current_a"] is not None
    terminal.play()
    good = gateway.wait_for_readings(2)[-1]
    assert None not in good.values.values() and good.flags == 0


def test_a_sensor_that_is_not_fitted_is_absent_from_readings(make_terminal, broker, gateway):
    sensors = [{"kind": "sht4x", "address": 68}]
    make_terminal(road(broker), sensors=sensors).start()
    assert sorted(gateway.wait_for_readings(1)[0].values) == ["humidity_pct", "temperature_c"]


def test_a_terminal_without_an_identity_says_why_and_stays_off_the_network(make_terminal, broker, gateway):
    terminal = make_terminal(road(broker))
    (terminal.folder / "identity.json").write_text("{damaged")
    terminal.start()
    assert terminal.expect("unprovisioned: identity.json is damaged")
    assert terminal.ended() == 0
    assert gateway.messages == [] and not (terminal.folder / "boot_no").exists()


def test_a_terminal_with_wifi_joins_its_network_first(make_terminal, broker, gateway):
    terminal = make_terminal(road(broker), wifi={"ssid": "ward", "key": "not-in-the-log"})
    terminal.start()
    gateway.wait_for_readings(1)
    assert not [line for line in terminal.lines if "not-in-the-log" in line]


def test_no_secret_is_ever_said(terminal, gateway, site):
    gateway.wait_for_readings(2)
    said = "\n".join(terminal.lines)
    assert site.secret.hex() not in said and site.key.hex() not in said
