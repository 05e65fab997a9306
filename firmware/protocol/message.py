"""What travels inside a seal besides readings: status, commands and their results, images piece by piece."""

import json
import struct
from collections import namedtuple

from firmware.protocol.errors import FrameError
from firmware.protocol.frame import put_text, take_text

STATUS, COMMAND, RESULT, OFFER, WANT, CHUNK = 4, 5, 6, 7, 8, 9  # kinds, beside frame.READINGS, GAPS, ACK

STATES = ("acknowledged", "done", "failed")
MAX_CHUNK = 1024
IMAGE_ID = 8

Status = namedtuple("Status", ("body",))  # {name: value}
Command = namedtuple("Command", ("command_id", "verb", "body"))
Result = namedtuple("Result", ("command_id", "state", "body"))
Offer = namedtuple("Offer", ("image_id", "size", "head_size"))
Want = namedtuple("Want", ("image_id", "offset", "length"))
Chunk = namedtuple("Chunk", ("image_id", "offset", "data"))


def pack(event):
    """The sealed message of one of the events above."""
    kind, put, _take = _BY_NAME[type(event).__name__]
    return bytes((kind,)) + put(event)


def unpack(message):
    """The event of a message. Raises FrameError(frame_body), or frame_type when its kind is none of these."""
    kind = message[0] if message else 0
    for this, _put, take in _BY_NAME.values():
        if this == kind:
            try:
                return take(message)
            except (ValueError, IndexError, getattr(struct, "error", ValueError)):
                raise FrameError("frame_body", "%d bytes, kind %d" % (len(message), kind)) from None
    raise FrameError("frame_type", "message kind %d" % kind)


def body_bytes(body):
    """A JSON object as bytes."""
    return json.dumps(body).encode()


def body_in(raw):
    """The JSON object of bytes. Raises ValueError when it is none."""
    body = json.loads(bytes(raw).decode())
    if not isinstance(body, dict):
        raise ValueError("the body is no object")
    return body


def _put_status(event):
    return body_bytes(event.body)


def _take_status(message):
    return Status(body_in(message[1:]))


def _put_command(event):
    return struct.pack(">Q", event[0]) + put_text(event[1]) + body_bytes(event.body)


def _take_worded(message, kind):
    (command_id,) = struct.unpack_from(">Q", message, 1)
    word, at = take_text(message, 9)
    return kind(command_id, word, body_in(message[at:]))


def _take_command(message):
    return _take_worded(message, Command)


def _take_result(message):
    result = _take_worded(message, Result)
    if result.state not in STATES:
        raise ValueError("the state is unknown")
    return result


def _put_offer(event):
    return event.image_id + struct.pack(">IH", event.size, event.head_size)


def _take_offer(message):
    size, head_size = struct.unpack_from(">IH", _sized(message, 1 + IMAGE_ID + 6), 1 + IMAGE_ID)
    return Offer(bytes(message[1 : 1 + IMAGE_ID]), size, head_size)


def _put_want(event):
    return event.image_id + struct.pack(">IH", event.offset, event.length)


def _take_want(message):
    offset, length = struct.unpack_from(">IH", _sized(message, 1 + IMAGE_ID + 6), 1 + IMAGE_ID)
    if not 0 < length <= MAX_CHUNK:
        raise ValueError("the length is not from 1 to %d" % MAX_CHUNK)
    return Want(bytes(message[1 : 1 + IMAGE_ID]), offset, length)


def _put_chunk(event):
    return event.image_id + struct.pack(">I", event.offset) + event.data


def _take_chunk(message):
    (offset,) = struct.unpack_from(">I", message, 1 + IMAGE_ID)
    return Chunk(bytes(message[1 : 1 + IMAGE_ID]), offset, bytes(message[5 + IMAGE_ID :]))


def _sized(message, size):
    if len(message) != size:
        raise ValueError("%d bytes, not %d" % (len(message), size))
    return message


_BY_NAME = {
    "Status": (STATUS, _put_status, _take_status),
    "Command": (COMMAND, _put_command, _take_command),
    "Result": (RESULT, _put_command, _take_result),
    "Offer": (OFFER, _put_offer, _take_offer),
    "Want": (WANT, _put_want, _take_want),
    "Chunk": (CHUNK, _put_chunk, _take_chunk),
}
FROM_TERMINAL = (STATUS, RESULT, WANT)
FROM_GATEWAY = (COMMAND, OFFER, CHUNK)
