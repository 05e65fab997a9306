"""A reading that stands for six windows, from a terminal's outbox over both interfaces into the collector's hours."""

import os
import time

import pytest

from collector import readings
from firmware.gateway.batch import body_of
from firmware.gateway.outbox import Outbox
from firmware.protocol.channels import AGGREGATED
from firmware.protocol.frame import Reading, pack_record, seq_of
from firmware.protocol.gateway_link import GatewayLink
from firmware.protocol.link import TerminalLink
from firmware.protocol.received import span_of
from firmware.protocol.seal import gateway_key
from firmware.terminal.ring import Ring
from tests.collector.site import SECRETS, Site, build, readings_of

BOOT_NO = 3_100_000


@pytest.fixture
def site(tmp_path):
    """A hospital's collector with ct-01 assigned to gw-1."""
    made = Site(tmp_path / "collector", build(tmp_path / "collector"))
    yield made
    made.close()


def joined(terminal, gateway):
    """Pass the challenge by bytes."""
    gateway.receive(terminal.hello())
    key = gateway_key(SECRETS["ct-01"], "gw-1")
    terminal.receive(gateway.answer(gateway.next_event(), key, None))
    terminal.next_event()
    gateway.receive(terminal.prove())
    gateway.next_event()


def test_a_minute_folded_from_six_windows_is_stored_weighed_and_let_go_as_six(site, tmp_path):
    now_ms = time.time_ns() // 1_000_000
    values = {"current_a": 12.0, "current_max_a": 90.0, "charge_as": 720.0}
    ring = Ring(BOOT_NO, 8, 60)
    ring.stamp(0)
    minute = Reading("ct-01", now_ms - 60_000, seq_of(BOOT_NO, 6), values, AGGREGATED, 6)
    plain = Reading("ct-01", now_ms, seq_of(BOOT_NO, 7), {**values, "charge_as": 120.0}, 0, 1)
    for one in (minute, plain):
        ring.put(pack_record(one))

    terminal, gateway = TerminalLink("ct-01", SECRETS["ct-01"], ["gw-1"], os.urandom), GatewayLink("gw-1", os.urandom)
    joined(terminal, gateway)
    gateway.receive(terminal.send_readings(BOOT_NO, ring.peek(8)))
    taken = gateway.next_event().readings
    assert taken == [minute, plain]
    outbox = Outbox(tmp_path / "gateway", now_ms)
    outbox.put(taken, [], now_ms)
    answer = site.post("/a02/v1/batches", body_of(outbox.peek(500), "gw-1", now_ms))
    outbox.close()
    assert (answer.status_code, answer.json["stored"]) == (200, 2), answer.text
    terminal.receive(gateway.acknowledge([span_of(one) for one in taken]))
    ring.drop(terminal.next_event().intervals)
    assert len(ring) == 0

    found = readings_of(site, "ct-01", "charge_as")
    assert found.seq.tolist() == [seq_of(BOOT_NO, 6), seq_of(BOOT_NO, 7)] and found.behind.tolist() == [5, 0]
    assert found.windows.tolist() == [6, 1] and readings.values_of(found, 7).tolist() == [720.0, 120.0]
    with site.app.app_context():
        assert readings.intervals_of("ct-01", readings.STORED) == [(seq_of(BOOT_NO, 1), seq_of(BOOT_NO, 7))]
        current = readings.hours("ct-01", "current_a", 0, 2**50)
        charge = readings.hours("ct-01", "charge_as", 0, 2**50)
    assert sum(hour.n for hour in current) == 7 and sum(hour.total for hour in current) == pytest.approx(12.0 * 7)
    assert sum(hour.total for hour in charge) == 840.0
