"""The one error a person is meant to read."""


class ActionError(Exception):
    """What was asked cannot be done; the text says what, where, which value and what to do instead."""
