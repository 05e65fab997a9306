"""What a route may be of. Departments and equipment are known to rooms further on, which say them when asked."""

from collections import namedtuple

Choices = namedtuple("Choices", ("departments", "machines"))  # names; {asset number: (number of the equipment, name)}

_of = {}


def offer(ask):
    """Let `ask`, called without anything, be what says the Choices from now on."""
    _of["ask"] = ask


def choices():
    """The Choices there are now."""
    return _of["ask"]()
