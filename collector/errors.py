"""The errors a person is meant to read."""


class ActionError(Exception):
    """What was asked cannot be done; the text says what, where, which value and what to do instead."""


class Away(Exception):
    """A server that keeps a part of ours does not answer; nothing of what it was to keep is acknowledged."""
