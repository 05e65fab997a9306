"""The gateway's own MQTT client: what a broker sends in whatever portions, and what no broker may send."""

import asyncio

import pytest

from firmware.gateway.south.mqtt_client import MqttClient, MqttLost, packet, text

CONNACK, SUBACK = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01"


def message(topic, payload, pid=None):
    """A PUBLISH, of QoS 1 when it has a number."""
    number = b"" if pid is None else pid.to_bytes(2, "big")
    return packet(0x30 if pid is None else 0x32, text(topic) + number + payload)


class Wire:
    """A transport that keeps what is written."""

    def __init__(self):
        self.written, self.aborted = b"", False

    def write(self, data):
        self.written += data

    def abort(self):
        self.aborted = True

    def get_write_buffer_size(self):
        return 0


def hear(*portions):
    """(messages, Wire, why it was lost or None) of a client that gets these bytes."""

    async def run():
        heard, wire = [], Wire()
        client = MqttClient(lambda *told: heard.append(told), 30)
        client.connection_made(wire)
        for portion in portions:
            client.data_received(portion)
        why = str(client.lost.exception()) if client.lost.done() else None
        client.close()
        return heard, wire, why

    return asyncio.run(run())


TWO = message("a01/ct-01/up", b"one", 7) + message("a01/ct-02/up", b"x" * 300) + message("a01/ct-01/up", b"", 8)
HEARD = [("a01/ct-01/up", b"one"), ("a01/ct-02/up", b"x" * 300), ("a01/ct-01/up", b"")]


def test_messages_are_heard_in_any_portions_and_those_of_qos_1_confirmed():
    for size in (1, 2, 3, 50, len(TWO)):
        heard, wire, why = hear(*[TWO[at : at + size] for at in range(0, len(TWO), size)])
        assert (heard, wire.written, why) == (HEARD, b"\x40\x02\x00\x07\x40\x02\x00\x08", None)


@pytest.mark.parametrize(
    "wrong",
    [
        b"\x30\xff\xff\xff\xff\x01",
        packet(0x30, b"\x00\x01a" + bytes(70_000))[:20],
        b"\x30\x01\x00",
        packet(0x30, b"\x00\x02\xff\xfe"),
        packet(0x32, text("a01/ct-01/up")),
        b"\x20\x00",
    ],
    ids=["length", "oversize", "cut", "no text", "no number", "short answer"],
)
def test_what_is_no_mqtt_ends_the_connection_after_what_came_before(wrong):
    heard, wire, why = hear(message("a01/ct-01/up", b"one", 7) + wrong + b"\x00" * 10)
    assert heard == HEARD[:1] and wire.aborted and why.startswith("the broker sent no MQTT")


def talk(*answers, keepalive_s=30):
    """What becomes of a log-in and a subscription at a broker that answers so."""

    async def run():
        async def serve(reader, writer):
            for answer in answers:
                await reader.read(1000)
                writer.write(answer)
            await reader.read()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        client = MqttClient(lambda *_told: None, keepalive_s)
        try:
            await asyncio.get_running_loop().create_connection(lambda: client, *server.sockets[0].getsockname())
            await client.log_in("gateway", "secret")
            await client.subscribe("a01/+/up")
            async with asyncio.timeout(10):
                await client.lost
        finally:
            client.close()
            server.close()

    asyncio.run(run())


def test_a_refused_log_in_and_a_refused_subscription_say_so():
    with pytest.raises(MqttLost, match="refuses us: not authorised"):
        talk(b"\x20\x02\x00\x05")
    with pytest.raises(MqttLost, match="does not let us subscribe"):
        talk(CONNACK, b"\x90\x03\x00\x01\x80")


def test_a_broker_that_says_nothing_any_more_is_left():
    with pytest.raises(MqttLost, match="silent"):
        talk(CONNACK, SUBACK, keepalive_s=1)
