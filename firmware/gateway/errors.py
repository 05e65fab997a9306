"""What stops the gateway, said to the person who can mend it."""


class GatewayError(Exception):
    """It cannot go on. The text says what, where, which value and what to do, in one line."""
