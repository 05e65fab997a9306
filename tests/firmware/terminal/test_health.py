"""What a terminal says of itself when it is asked: each figure moves with what it stands for."""

import os

from firmware.protocol.message import Command
from tests.firmware.terminal.conftest import road


def asked(gateway):
    """The body of a status, asked for now."""
    before = len(gateway.said)
    gateway.say(Command(0, "status", {}))
    gateway.wait_until(lambda: len(gateway.said) > before)
    said = gateway.said[before]
    assert said.state == "done", said
    return said.body


def test_a_terminal_that_is_well_says_so_with_the_size_of_its_flash_and_no_radio(terminal, gateway):
    gateway.wait_for_readings(2)
    said, disk = asked(gateway), os.statvfs(terminal.folder)
    assert said["flash"]["total"] == disk.f_frsize * disk.f_blocks
    assert 0 < said["flash"]["free"] <= said["flash"]["total"]
    assert said["rssi_dbm"] is None
    assert said["link_losses"] == 0
    assert said["sensors"] == {"failures": 0, "reinitialised": 0}
    assert said["clock"] == {"drift_ppm": None, "steps": 0}
    assert said["outbox"]["dropped"] == said["outbox"]["flash_errors"] == said["outbox"]["hours"] == 0


def test_a_terminal_says_how_many_readings_it_has_made(gateway, terminal):
    before = gateway.wait_for_readings(2)[-1].seq & 0xFFFFFF
    said = asked(gateway)
    after = gateway.wait_for_readings(2)[-1].seq & 0xFFFFFF
    assert before <= said["made"] < after


def test_a_radio_says_how_well_it_receives(make_terminal, broker, gateway):
    make_terminal(road(broker), wifi={"ssid": "ward", "key": "not-used-here"}).start()
    gateway.wait_for_readings(1)
    assert asked(gateway)["rssi_dbm"] == -55


def test_lost_links_failed_looks_and_clock_steps_are_counted(terminal, gateway, broker):
    gateway.wait_for_readings(1)
    terminal.play(absent=["sht4x"])
    terminal.expect("sensor sht4x")
    broker.stop()
    terminal.expect("link lost gw-1")
    gateway.ts_ms = lambda: 1_960_000_000_000
    broker.start()
    terminal.expect("link proved gw-1", 20, times=2)
    gateway.wait_for_readings(1)
    said = asked(gateway)
    assert said["link_losses"] >= 1
    assert said["sensors"]["failures"] >= 1
    assert said["clock"]["steps"] == 1


def test_the_outbox_says_for_how_many_hours_its_oldest_reading_has_waited(terminal, gateway):
    gateway.ts_ms = lambda: 1_760_000_000_000
    gateway.wait_for_readings(1)
    gateway.acknowledges = False
    gateway.wait_for_readings(1)
    hours, minute_ms = 5, 60_000
    gateway.ts_ms = lambda: 1_760_000_000_000 + hours * 3_600_000 + minute_ms
    hellos = len(gateway.hellos)
    gateway.wait_until(lambda: len(gateway.hellos) > hellos)
    gateway.wait_for_readings(1)
    assert hours <= asked(gateway)["outbox"]["hours"] <= hours + 0.1
