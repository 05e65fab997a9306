"""All roads as one: letters are taken in turn, answers go where their terminal is."""

import asyncio

from firmware.gateway.roads import WAITING_MOST, Letter, Roads


class Road:
    """A road that only remembers."""

    def __init__(self):
        self.sent = []

    def send(self, terminal_id, frames):
        self.sent.append((terminal_id, frames))


def gathered(heard, most=10):
    """The letters of one commit after (terminal id, message) were heard."""

    async def hear():
        roads = Roads(lambda terminal_id: None)
        for terminal_id, message in heard:
            roads.hear("road", terminal_id, message)
        return await asyncio.wait_for(roads.gather(0, most), 5)

    return asyncio.run(hear())


def test_letters_are_taken_from_each_terminal_in_turn_and_in_order():
    heard = [("loud", n) for n in range(5)] + [("ct-01", 0), ("ct-02", 0), ("ct-01", 1)]
    order = [(letter.terminal_id, letter.message) for letter in gathered(heard, most=6)]
    assert order == [("loud", 0), ("ct-01", 0), ("ct-02", 0), ("loud", 1), ("ct-01", 1), ("loud", 2)]


def test_what_was_not_gathered_waits_for_the_next_commit():
    async def twice():
        roads = Roads(lambda terminal_id: None)
        for n in range(3):
            roads.hear("road", "ct-01", n)
        first = await asyncio.wait_for(roads.gather(0, 2), 5)
        return first, await asyncio.wait_for(roads.gather(0, 2), 5)

    first, second = asyncio.run(twice())
    assert [letter.message for letter in first] == [0, 1] and second == [Letter("road", "ct-01", 2)]


def test_one_terminal_fills_its_own_queue_only():
    roads = Roads(lambda terminal_id: None)
    taken = [roads.hear("road", "loud", b"") for _ in range(WAITING_MOST + 5)]
    assert taken.count(False) == 5 and roads.hear("road", "ct-01", b"")


def test_frames_leave_on_the_road_a_terminal_is_on():
    mqtt, http, where = Road(), Road(), {}
    roads = Roads(where.get)
    roads.send("ct-01", [b"nobody hears it"])
    where["ct-01"] = mqtt
    roads.send("ct-01", [b"one"])
    where["ct-01"] = http
    roads.send("ct-01", [b"two"])
    roads.send("ct-01", [])
    assert mqtt.sent == [("ct-01", [b"one"])] and http.sent == [("ct-01", [b"two"])]
