"""What can be wrong with what the other side sent. What each code means stands in refusals.py.

ProofError (challenge.py) and ImageError (image.py) stand where they are raised: a board has them in memory only then.
"""


class ProtocolError(Exception):
    """The other side broke the protocol. `code` is one of refusals.ERRORS, the text says what and which value."""

    def __init__(self, code, text=""):
        super().__init__(code + ": " + text if text else code)
        self.code = code


class FrameError(ProtocolError):
    """The bytes are no frame, or its body does not read as its type says."""


class SealError(ProtocolError):
    """A sealed frame was changed, repeated, or belongs to no session."""


class NotProved(Exception):
    """Our own mistake: sealing before the challenge has passed ("no proof"), or when all counters of a session are used
    ("spent"). Nothing has left. The texts are short: a board keeps them in memory."""
