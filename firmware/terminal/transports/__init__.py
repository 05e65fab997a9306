"""A road per file, its class called Road: open, send, receive, ping, close. What they carry is sealed already."""


class RoadLost(Exception):
    """The road broke or did not answer in time. The text says how; to be tried again soon."""


class TurnedAway(RoadLost):
    """Who answers does not let us in. The text says what it said; not to be tried again soon."""


class Untrusted(Exception):
    """Who answers is not who was provisioned. The text says what is wrong; to be left alone for long."""
