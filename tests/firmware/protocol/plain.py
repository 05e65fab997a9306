"""Plain asserts for tests that run under CPython and MicroPython alike."""

from firmware.protocol.errors import ProtocolError


def refused(code, action, *args):
    """Run an action that the protocol must refuse, and check the code it says."""
    try:
        action(*args)
    except ProtocolError as error:
        assert error.code == code, f"{error.code}, not {code}"
        return
    raise AssertionError(f"not refused, {code} expected")
