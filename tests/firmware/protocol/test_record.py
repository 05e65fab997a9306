"""Records of a host agent, and its channels, cross the link as they were; what a terminal may not say is refused."""

import os

from firmware.protocol import record
from firmware.protocol.channels import BY_NAME, CHANNELS
from firmware.protocol.frame import Reading, pack_record, seq_of
from firmware.protocol.gateway_link import GatewayLink
from firmware.protocol.record import FIRST_N, HostLink, Record
from firmware.protocol.seal import gateway_key
from tests.firmware.protocol.plain import refused

SECRET = b"s" * 32
FLOWS = Record(seq_of(7, FIRST_N + 1), "flows", 1_795_000_000_000, {"flows": [{"address": "192.0.2.9", "count": 3}]})


def proved():
    """A host's link and its gateway's, past the challenge."""
    host, gateway = HostLink("ws-01", SECRET, ["gw-1"], os.urandom), GatewayLink("gw-1", os.urandom)
    gateway.receive(host.hello())
    host.receive(gateway.answer(gateway.next_event(), gateway_key(SECRET, "gw-1"), None))
    host.next_event()
    gateway.receive(host.prove())
    gateway.next_event()
    return host, gateway


def test_a_record_comes_out_as_it_went_in():
    host, gateway = proved()
    gateway.receive(host.send_record(FLOWS))
    assert gateway.next_event() == FLOWS


def test_the_channels_of_a_computer_cross_the_link():
    host, gateway = proved()
    values = {"disk_used_pct": 71.25, "disk_size_gb": 512.1, "uptime_h": None}
    sent = Reading("ws-01", FLOWS.ts_ms, seq_of(7, 1), values, 0, 1)
    gateway.receive(host.send_readings(7, [pack_record(sent, CHANNELS)]))
    assert gateway.next_event().readings == [sent]
    assert [BY_NAME[name].id for name in values] == [21, 22, 23]


def test_what_only_a_gateway_may_report_is_refused_from_a_terminal():
    for kind in ("refusals", "result", "status", "mpps", "plain_peer"):
        refused("frame_body", record.unpack, record.pack(FLOWS._replace(kind=kind)))


def test_a_cut_or_senseless_record_is_refused():
    whole = record.pack(FLOWS)
    for end in range(1, len(whole)):
        refused("frame_body", record.unpack, whole[:end])
    refused("frame_body", record.unpack, record.pack(FLOWS._replace(seq=seq_of(7, 1))))
    refused("frame_body", record.unpack, record.pack(FLOWS._replace(seq=FIRST_N | 1 << 53)))
