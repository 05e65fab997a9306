"""Status, commands, results and pieces of an image come back as they were; what does not read is refused."""

from firmware.protocol import message
from firmware.protocol.gateway_link import GatewayLink
from firmware.protocol.link import TerminalLink
from firmware.protocol.message import Chunk, Command, Offer, Result, Status, Want
from firmware.protocol.seal import gateway_key
from tests.firmware.protocol.plain import refused

ID = bytes(range(8))
EVENTS = (
    Status({"heap_free": 81234, "slot": "a"}),
    Command(2**60, "settings", {"window_s": 5}),
    Command(1, "identify", {}),
    Result(7, "done", {"window_s": 5}),
    Offer(ID, 70000, 5000),
    Want(ID, 65536, 1024),
    Chunk(ID, 65536, b"M\x06" * 512),
    Chunk(ID, 0, b""),
)


def test_every_message_comes_back_as_it_was():
    for event in EVENTS:
        assert message.unpack(message.pack(event)) == event


def test_a_cut_or_senseless_message_is_refused():
    for event in EVENTS[:-2]:
        whole = message.pack(event)
        for end in range(1, len(whole)):
            refused("frame_body", message.unpack, whole[:end])
    refused("frame_body", message.unpack, message.pack(Result(7, "perhaps", {})))
    refused("frame_body", message.unpack, message.pack(Want(ID, 0, 4000)))
    refused("frame_body", message.unpack, bytes((message.STATUS,)) + b"[1]")
    refused("frame_type", message.unpack, b"\x63")
    refused("frame_type", message.unpack, b"")


def proved():
    calls = [0]

    def random(size):
        calls[0] += 1
        return bytes((calls[0],)) * size

    secret = bytes(range(32))
    terminal, gateway = TerminalLink("ct-01", secret, ("gw-1",), random), GatewayLink("gw-1", random)
    gateway.receive(terminal.hello())
    terminal.receive(gateway.answer(gateway.next_event(), gateway_key(secret, "gw-1"), 1))
    terminal.next_event()
    gateway.receive(terminal.prove())
    gateway.next_event()
    return terminal, gateway


def test_each_side_takes_only_what_the_other_may_say():
    terminal, gateway = proved()
    for event in EVENTS:
        kind = message.pack(event)[0]
        sender, receiver = (terminal, gateway) if kind in message.FROM_TERMINAL else (gateway, terminal)
        receiver.receive(sender.send(event))
        assert receiver.next_event() == event
        sender.receive(receiver.send(event))
        refused("frame_type", sender.next_event)
