"""What stops the agent: one line for a person, naming the thing and what to do."""


class HostError(Exception):
    """The text says what, where, which value, and what to do. It never holds a secret."""
