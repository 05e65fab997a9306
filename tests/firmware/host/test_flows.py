"""Connections become flows: who, which way, since when, how many; told when they begin and end, without a payload."""

import socket

from firmware.host.flows import MOST, Flows, Seen, connections

CT = Seen("in", "192.0.2.7", 104, "dicom", 50001)
REMOTE = Seen("out", "198.51.100.9", 5938, "teamviewer", 50002)
OPEN_EVERY_MS = 3_600_000


def flows(kept_most=100):
    return Flows(OPEN_EVERY_MS, kept_most)


def told(bodies):
    return [one for body in bodies for one in body["flows"]]


def test_a_connection_is_told_when_it_begins_and_when_it_has_ended():
    seen = flows()
    seen.look([CT], 10_000)
    seen.look([CT], 60_000)
    (begun,) = told(seen.report(60_000))
    assert (begun["address"], begun["direction"], begun["protocol"], begun["port"]) == ("192.0.2.7", "in", "dicom", 104)
    assert (begun["first_s_ago"], begun["last_s_ago"], begun["count"], begun["open"]) == (50, 0, 1, True)
    assert seen.report(120_000) == []
    seen.look([], 125_000)
    (ended,) = told(seen.report(180_000))
    assert (ended["first_s_ago"], ended["last_s_ago"], ended["count"], ended["open"]) == (170, 120, 0, False)
    assert seen.report(240_000) == []


def test_each_new_port_of_a_peer_counts_once_however_often_it_is_seen():
    seen = flows()
    for now_ms in range(0, 50_000, 5_000):
        seen.look([CT, CT._replace(peer_port=50_100 + now_ms), REMOTE], now_ms)
    counts = {one["address"]: one["count"] for one in told(seen.report(50_000))}
    assert counts == {"192.0.2.7": 11, "198.51.100.9": 1}


def test_what_stays_open_is_told_again_after_a_while():
    seen = flows()
    seen.look([REMOTE], 0)
    assert len(told(seen.report(0))) == 1
    seen.look([REMOTE], OPEN_EVERY_MS - 1)
    assert seen.report(OPEN_EVERY_MS - 1) == []
    (again,) = told(seen.report(OPEN_EVERY_MS))
    assert again["count"] == 0 and again["open"]


def test_a_flood_of_peers_costs_a_bounded_memory_and_is_counted():
    seen = flows(kept_most=50)
    seen.look([CT._replace(address=f"192.0.2.{n}") for n in range(200)], 0)
    bodies = seen.report(0)
    assert len(told(bodies)) == 50 and max(len(body["flows"]) for body in bodies) == MOST
    assert seen.dropped == 150


def test_a_real_connection_is_seen_from_both_ends_and_no_other_port_is_looked_at():
    with socket.create_server(("127.0.0.1", 0)) as known, socket.create_server(("127.0.0.1", 0)) as other:
        ports = {known.getsockname()[1]: "dicom"}
        with socket.create_connection(known.getsockname()) as one, socket.create_connection(other.getsockname()):
            server_end, _address = known.accept()
            with server_end:
                found = connections(ports)
                assert {flow.direction for flow in found} == {"in", "out"} and {flow.protocol for flow in found} == {
                    "dicom"
                }
                assert {flow.address for flow in found} == {"127.0.0.1"}
                assert one.getsockname()[1] in {flow.peer_port for flow in found}
