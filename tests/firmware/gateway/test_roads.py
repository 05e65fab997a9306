"""All roads as one: letters are taken in turn, answers go where their terminal is."""

import asyncio

from firmware.gateway.config import DEFAULTS
from firmware.gateway.flood import Flood
from firmware.gateway.roads import WAITING_MOST, Letter, Roads


class Road:
    """A road that only remembers."""

    def __init__(self):
        self.sent = []

    def send(self, terminal_id, frames):
        self.sent.append((terminal_id, frames))


def flood(counts, **more):
    """A Flood that lets everything pass but what `more` says, and counts into a list."""
    wide = {"flood.messages_per_s": 1e6, "flood.bytes_per_s": 1e9} | {k.replace("__", "."): v for k, v in more.items()}
    return Flood({**DEFAULTS, **wide}, lambda terminal_id, code, _text: counts.append((terminal_id, code)))


def gathered(heard, most=10):
    """The letters of one commit after (terminal id, message) were heard."""

    async def hear():
        roads = Roads(lambda terminal_id: None, flood([]))
        for terminal_id, message in heard:
            roads.hear("road", terminal_id, b"%d" % message)
        return await asyncio.wait_for(roads.gather(0, most), 5)

    return asyncio.run(hear())


def test_letters_are_taken_from_each_terminal_in_turn_and_in_order():
    heard = [("loud", n) for n in range(5)] + [("ct-01", 0), ("ct-02", 0), ("ct-01", 1)]
    order = [(letter.terminal_id, letter.message) for letter in gathered(heard, most=6)]
    assert order == [("loud", b"0"), ("ct-01", b"0"), ("ct-02", b"0"), ("loud", b"1"), ("ct-01", b"1"), ("loud", b"2")]


def test_what_was_not_gathered_waits_for_the_next_commit():
    async def twice():
        roads = Roads(lambda terminal_id: None, flood([]))
        for n in range(3):
            roads.hear("road", "ct-01", b"%d" % n)
        first = await asyncio.wait_for(roads.gather(0, 2), 5)
        return first, await asyncio.wait_for(roads.gather(0, 2), 5)

    first, second = asyncio.run(twice())
    assert [letter.message for letter in first] == [b"0", b"1"] and second == [Letter("road", "ct-01", b"2")]


def test_one_terminal_fills_its_own_queue_only():
    counts = []
    roads = Roads(lambda terminal_id: None, flood(counts))
    taken = [roads.hear("road", "loud", b"") for _ in range(WAITING_MOST + 5)]
    assert taken.count(False) == 5 and roads.hear("road", "ct-01", b"")
    assert counts == [("loud", "queue_full")] * 5, "what is not taken is counted"


def test_a_cable_pays_for_what_comes_over_it_whatever_name_it_says():
    counts = []
    roads = Roads(lambda terminal_id: None, flood(counts, flood__messages_per_s=10.0))
    taken = [roads.hear("cable", "ct-01", b"", "/dev/ttyACM0") for _ in range(60)]
    assert taken.count(True) == 50 and set(counts) == {("", "flood_messages")}
    assert roads.hear("mqtt", "ct-01", b""), "the terminal of that name is elsewhere"


def test_frames_leave_on_the_road_a_terminal_is_on():
    mqtt, http, where = Road(), Road(), {}
    roads = Roads(where.get, flood([]))
    roads.send("ct-01", [b"nobody hears it"])
    where["ct-01"] = mqtt
    roads.send("ct-01", [b"one"])
    where["ct-01"] = http
    roads.send("ct-01", [b"two"])
    roads.send("ct-01", [])
    assert mqtt.sent == [("ct-01", [b"one"])] and http.sent == [("ct-01", [b"two"])]


def test_what_comes_alone_is_not_kept_waiting_and_what_comes_together_is_one_commit():
    async def turns():
        for _ in range(5):
            await asyncio.sleep(0)

    async def hear():
        loop, roads = asyncio.get_running_loop(), Roads(lambda terminal_id: None, flood([]))
        patient = asyncio.create_task(roads.gather(3600, 10))
        await turns()
        roads.hear("road", "ct-01", b"first")
        await turns()
        assert not patient.done(), "the commit before was just now: others may come"
        patient.cancel()
        began_s, alone = loop.time(), asyncio.create_task(roads.gather(0.1, 10))
        roads.hear("road", "ct-02", b"together")
        together = await asyncio.wait_for(alone, 20)
        assert len(together) == 2 and loop.time() >= began_s + 0.1
        alone = asyncio.create_task(roads.gather(0.1, 10))
        await asyncio.sleep(0.15)
        roads.hear("road", "ct-01", b"alone")
        await turns()
        assert alone.done(), "the commit before was long ago"

    asyncio.run(hear())
