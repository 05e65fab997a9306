"""`network` as on a board with Wi-Fi; the air is the network of this machine, so every name and password joins it.

Where `simulated.json` says `"air": false` there is none: what was joined is lost, and not joined again by itself.
"""

from machine import ask

AIR = b"N\x00\x00"  # asks the world outside the interpreter (bus.py): an error while there is none
STA_IF, AP_IF = 0, 1
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010


class WLAN:
    """One radio."""

    STA_IF, AP_IF = 0, 1
    _active = False
    _joined = None

    def __init__(self, interface=STA_IF):
        pass

    def active(self, on=None):
        """Switch the radio, or say whether it is on."""
        if on is not None:
            WLAN._active = bool(on)
        return WLAN._active

    def connect(self, ssid=None, key=None):
        """Join a network. Raises OSError when the radio is off."""
        if not WLAN._active:
            raise OSError("Wifi Not Started")
        WLAN._joined = ssid

    def disconnect(self):
        """Leave the network."""
        WLAN._joined = None

    def isconnected(self):
        """Whether there is an address."""
        try:
            ask(AIR)
        except OSError:
            WLAN._joined = None
        return WLAN._active and WLAN._joined is not None

    def status(self, what=None):
        """The state of the link, or with "rssi" its strength in dBm."""
        if what == "rssi":
            return -55
        return STAT_GOT_IP if self.isconnected() else STAT_IDLE

    def config(self, *names, **settings):
        """Take any setting; of names only the MAC is known."""
        return b"\x02gantr" if names == ("mac",) else None

    def ifconfig(self):
        """(address, mask, gateway, name server)."""
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
