"""Gives the LED its pin at the start, and is forgotten then; and what the light of a board without an identity says."""

import sys
import time

import machine

from firmware.terminal.led import LED

TURN_MS = 20


def light(pin):
    """Light this pin, a number or a name such as "LED"; None where there is none. Safe mode shows over the link."""
    if pin is not None:
        LED.pin = machine.Pin(pin, machine.Pin.OUT)
    if sys.path[0].strip("/") == "safe":
        LED.always = "safe mode"


def unprovisioned():
    """Where the cable told of an LED, show for ever that nobody lives here; Ctrl-C leaves to the console."""
    from firmware.terminal.slots import pins

    light(pins().get("led"))
    LED.always = "unprovisioned"
    while LED.pin is not None:
        LED.tend(time.ticks_ms())
        time.sleep_ms(TURN_MS)
