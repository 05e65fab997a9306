"""One whole conversation, byte for byte: a change here is a new version of A01."""

import json

from firmware.protocol import frame, link
from firmware.protocol.frame import Gap, Reading
from firmware.protocol.gateway_link import GatewayLink
from firmware.protocol.seal import gateway_key, mqtt_password

with open(__file__[: __file__.rfind("tests")] + "tests/vectors/a01.json") as file:
    VECTORS = json.load(file)


def conversation():
    """The frames of one conversation with fixed ids, secret and "random" bytes, by name."""
    counter = [0]

    def random(size):
        counter[0] += 1
        return bytes((counter[0],)) * size

    secret = bytes(range(32))
    terminal = link.TerminalLink("ct-01", secret, ("gw-1",), random)
    gateway = GatewayLink("gw-1", random)
    key = gateway_key(secret, "gw-1")
    frames = {"gateway_key": key, "mqtt_password": mqtt_password(key).encode(), "hello": terminal.hello()}
    gateway.receive(frames["hello"])
    frames["answer"] = gateway.answer(gateway.next_event(), key, 1760000400000)
    terminal.receive(frames["answer"])
    terminal.next_event()
    frames["proof"] = terminal.prove()
    gateway.receive(frames["proof"])
    gateway.next_event()
    values = {"temperature_c": 21.56, "humidity_pct": None, "current_a": 5.012, "charge_as": 50.12}
    reading = Reading("ct-01", 1760000390000, frame.seq_of(3100000, 1), values, 0x0020, 1)
    frames["readings"] = terminal.send_readings(3100000, [frame.pack_record(reading)])
    frames["gaps"] = terminal.send_gaps([Gap(frame.seq_of(3099999, 9), frame.seq_of(3099999, 12), "reboot")])
    frames["ack"] = gateway.acknowledge([(reading.seq, reading.seq)])
    frames["refusal"] = gateway.refuse("terminal_unknown")
    return {name: data.hex() for name, data in frames.items()}


def test_the_conversation_is_byte_for_byte_the_published_one():
    frames = conversation()
    assert sorted(frames) == sorted(VECTORS)
    for name in frames:
        assert frames[name] == VECTORS[name], name
