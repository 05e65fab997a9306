"""The board's radio: switched on, and joined again whenever the network was lost."""

import network

POWER_SAVE_OFF = 0xA11140  # on a Pico W the radio's sleep costs messages
AGAIN_MS = 15000


class Wifi:
    """One network."""

    def __init__(self, ssid, key):
        self._ssid, self._key, self._asked_ms = ssid, key, None
        self._radio = network.WLAN(network.STA_IF)
        self._radio.active(True)
        try:
            self._radio.config(pm=POWER_SAVE_OFF)
        except (ValueError, OSError) as error:
            print("wifi keeps its power saving:", error)

    def ready(self, now_ms):
        """Whether there is a network; asks for it when there is none, not too often."""
        if self._radio.isconnected():
            return True
        if self._asked_ms is None or now_ms - self._asked_ms > AGAIN_MS:
            self._asked_ms = now_ms
            try:
                self._radio.disconnect()
                self._radio.connect(self._ssid, self._key)
            except OSError as error:
                print("wifi cannot be asked to join:", error)
        return self._radio.isconnected()

    def rssi_dbm(self):
        """How strongly the network is received, in dBm; None while none is joined."""
        return self._radio.status("rssi") if self._radio.isconnected() else None
