"""A road per file, each with open, send, receive and close; what they carry is sealed already."""


class RoadLost(Exception):
    """The road broke or did not answer in time. The text says how; to be tried again soon."""


class Untrusted(Exception):
    """Who answers is not who was provisioned. The text says what is wrong; to be left alone for long."""
