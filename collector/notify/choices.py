"""What a route may be of. Departments and equipment are known to rooms further on, which say them when asked."""

from collections import namedtuple


class Choices(namedtuple("Choices", ("departments", "machines"))):
    """Names of departments; {asset number: (number of the equipment, name)}."""

    def names(self):
        """{number of the equipment: its name}."""
        return dict(self.machines.values())


_of = {"ask": lambda: Choices([], {})}


def offer(ask):
    """Let `ask`, called without anything, be what says the Choices from now on."""
    _of["ask"] = ask


def choices():
    """The Choices there are now."""
    return _of["ask"]()
