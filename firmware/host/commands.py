"""What a gateway may ask of a host agent: how it is. Nothing can be changed, started or installed from outside."""

from firmware.protocol.message import Command, Offer, Result, Status

REFUSED = "a host agent takes no commands but status; change host.toml on the computer itself"


class Commands:
    """`status()` gives {name: value}."""

    restart = False  # it never starts again because somebody asked

    def __init__(self, status):
        self._status = status

    def take(self, event):
        """The events to answer a request with."""
        if isinstance(event, Offer):
            return [Status({"update": "refused", "code": "image_board", "error": "a host agent takes no images"})]
        if not isinstance(event, Command):
            return []
        if event.verb == "status":
            return [Result(event.command_id, "done", self._status())]
        body = {"code": "expired"} if event.verb == "expire" else {"error": REFUSED}
        return [Result(event.command_id, "failed", body)]
