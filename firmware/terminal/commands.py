"""What a proved gateway may ask of a terminal: a command, each done once, and a new image, piece by piece.

Loaded when the first request comes. What was done is kept on the flash with its result: asked again, the result is said
again and nothing is done twice, also after a restart.
"""

import gc
import json
import os
from binascii import unhexlify

from firmware.protocol.errors import ProtocolError
from firmware.protocol.message import MAX_CHUNK, Command, Offer, Result, Status, Want
from firmware.terminal import slots
from firmware.terminal.config import KEPT, read_settings
from firmware.terminal.led import LED

DONE = "commands.json"
REMEMBERED = 8
UPDATE_S = 30  # how long the LED speaks of an update after its last piece
BOARD = "board"  # a file the flasher writes: which folder of boards/ this is


class Commands:
    """`status()` gives {name: value}; `restart` is set when the board is to start again after the answer has left.

    `link` is the session's: it knows under which secret the gateway proved itself.
    """

    def __init__(self, status, link=None):
        self._status, self._link, self._update = status, link, None
        self.restart = False
        self._done = _read(DONE, [])

    def take(self, event):
        """The events to answer a request with."""
        if isinstance(event, Command):
            return [self._command(event)]
        try:
            return self._offered(event) if isinstance(event, Offer) else self._piece(event)
        except MemoryError:  # better without the image than without the terminal
            self._update = None
            gc.collect()
            return [Status({"update": "refused", "code": "image_memory", "error": "no memory to check the image"})]
        except (ProtocolError, OSError) as error:  # of the flash, when it has no code of ours
            self._update = None
            code = getattr(error, "code", "image_flash")
            return [Status({"update": "refused", "code": code, "error": str(error)})]

    def _command(self, event):
        for command_id, state, body in self._done:
            if command_id == event.command_id:  # what was acknowledged is done: this is the start that it was for
                return Result(command_id, "done" if state == "acknowledged" else state, body)
        if event.verb == "status":
            return Result(event.command_id, "done", self._status())
        if event.verb in ("rotate", "expire") and _rotated(event.command_id):  # done, and then the power went
            return self._remember(event.command_id, "done", {})
        if event.verb == "expire" or any(done[0] > event.command_id for done in self._done):
            return self._remember(event.command_id, "failed", {"code": "expired"})
        do = self._verbs.get(event.verb)
        if do is None:
            return Result(event.command_id, "failed", {"error": "unknown command %s" % event.verb})
        try:
            self._number = event.command_id
            body = do(self, event.body)
            state = "acknowledged" if self.restart else "done"
        except (ValueError, KeyError, TypeError, OSError, ProtocolError) as error:
            state, body = "failed", {"error": str(error)}
        return self._remember(event.command_id, state, body)

    def _remember(self, command_id, state, body):
        """The newest by number are kept: what is older than they are is never done.

        A restart that the flash could not keep is not made: it would be asked for again after it, and again.
        """
        self._done = sorted(self._done + [[command_id, state, body]])[-REMEMBERED:]
        try:
            _write(DONE, self._done)
        except OSError as error:
            self.restart, state, body = False, "failed", {"error": str(error)}
        return Result(command_id, state, body)

    def _set(self, body):
        """Keep changed settings; they count from the restart that follows. Raises ValueError; then nothing changed."""
        kept = dict(_read(KEPT, {}), **body)
        read_settings(kept)
        _write(KEPT, kept)
        self.restart = True
        return kept

    def _trust(self, body):
        """Take a newer list of release keys, {"list": hex}, that two present keys signed. Raises ImageError."""
        from firmware.terminal.update import change_keys

        change_keys("", unhexlify(body["list"]))
        return {}

    def _rotate(self, body):
        """Replace the root secret by what follows from it and {"nonce": hex}, from the restart that follows on."""
        from firmware.terminal.rotation import rotate

        rotate(self._link.secret, self._number, unhexlify(body["nonce"]))
        return self._start_again(body)

    def _start_again(self, _body):
        self.restart = True
        return {}

    def _identify(self, body):
        """Blink for {"seconds": 1 to 300}, so that whoever stands there sees which one is asked. Raises ValueError."""
        seconds = body.get("seconds")
        if LED.pin is None:
            raise ValueError("this board has no LED")
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= 300:
            raise ValueError("seconds is %r; it may be 1 to 300" % (seconds,))
        LED.over("identify", seconds)
        return {}

    _verbs = {"settings": _set, "restart": _start_again, "keys": _trust, "identify": _identify, "rotate": _rotate}

    def _offered(self, event):
        from firmware.terminal.update import Update

        gc.collect()  # an image's signature needs memory in one piece
        try:
            with open(BOARD) as file:
                board = file.read().strip()
        except OSError:
            raise ProtocolError("image_board", "there is no file %s" % BOARD)
        self._update = Update("", board, slots.pins().get("boot", 1), event.image_id, event.size, event.head_size)
        return self._next()

    def _piece(self, event):
        if self._update is None or event.image_id != self._update.image_id:
            return []
        self._update.take(event.offset, event.data)
        return self._next()

    def _next(self):
        """Ask for what is missing; when nothing is, check all of it and let it start."""
        LED.over("update", UPDATE_S)
        at = self._update.wanted()
        if at is None:
            self._update.finish()
            self._update, self.restart = None, True
            return [Status({"update": "ready"})]
        return [Want(self._update.image_id, at, min(MAX_CHUNK, self._update.left(at)))]


def _rotated(command_id):
    from firmware.terminal.rotation import rotated

    return rotated(command_id)


def _read(name, none):
    """What a file of ours says; `none` when there is none, or when it was damaged."""
    try:
        with open(name) as file:
            return json.load(file)
    except (OSError, ValueError):
        return none


def _write(name, body):
    with open(name + ".new", "w") as file:
        json.dump(body, file)
    os.rename(name + ".new", name)
