"""The terminal: sensors -> sampler -> outbox -> session -> gateway. One loop, no threads; `breathe` is its heart."""

import gc
import time

import machine

from firmware.protocol.frame import N_BITS, Reading, pack_record, seq_of
from firmware.terminal import VERSION, forget
from firmware.terminal.led import LED
from firmware.terminal.session import RestartAsked
from firmware.terminal.uplink import Uplink

LAST_N = 2**N_BITS - 1
TURN_MS = 20
STEP_MOST_MS = 180000  # how long one step of the uplink may take, waits on the network included
LATER = ("firmware.terminal.health", "firmware.terminal.slots")  # what is needed now and then


class Terminal:
    """All parts of a provisioned terminal, as start.py made them, and the loop that goes through them."""

    def __init__(self, identity, boot_no, clock, sampler, outbox, radio):
        self._identity, self._boot_no, self._n = identity, boot_no, 0
        self._clock, self._stepped_ms = clock, 0
        self._sampler, self._told = sampler, None
        self._watchdog = machine.WDT(timeout=identity.settings["watchdog_ms"])  # from here on nothing is unprovisioned
        self._outbox = outbox
        self._uplink = Uplink(identity, outbox, clock, radio, self.breathe, self.status)
        self._measured = self._confirmed = False

    def run(self):
        """For ever. First says who this is, and what memory is left."""
        gc.collect()
        name, free = self._identity.terminal_id, gc.mem_free()
        print("gantry terminal", name, "version", VERSION, "boot", self._boot_no, "heap_free", free)
        try:
            while True:
                self.breathe()
                self._uplink.step(self._clock.uptime_ms())
                self._stepped_ms = self._clock.uptime_ms()
                if self._measured and self._uplink.acknowledged and not self._confirmed:
                    self._confirm()
                time.sleep_ms(TURN_MS)
        except RestartAsked:
            from firmware.terminal import health

            health.restart(self._outbox)

    def _confirm(self):
        from firmware.terminal import health

        self._confirmed = True
        health.confirm()
        forget(LATER)

    def status(self):
        """What is told on request."""
        from firmware.terminal import health

        said = health.status(self._boot_no, self._n, self._clock, self._sampler, self._outbox, self._uplink)
        forget(LATER)
        return said

    def breathe(self):
        """What must go on in every wait: the sensors are looked at, a full window is kept; then the watchdog is fed.

        It is fed nowhere else, and not when the uplink has not come back for too long: what hangs ends in a restart.
        """
        window = self._sampler.poll(self._clock.uptime_ms(), self._clock.stepped)
        if window is not None:
            self._keep(*window)
        self._outbox.save_if_due(self._clock.uptime_ms())
        if self._sampler.told != self._told:
            self._told = self._sampler.told
            print("sensor", self._told)
        LED.tend(self._clock.uptime_ms())
        if self._clock.uptime_ms() - self._stepped_ms < STEP_MOST_MS:
            self._watchdog.feed()

    def _keep(self, start_ms, values, flags):
        """Number a window and put it into the outbox; while no time is known it is stamped with the uptime."""
        self._clock.stepped = False
        self._measured = self._measured or any(value is not None for value in values.values())
        self._n += 1
        ts_ms = self._clock.at(start_ms) if self._outbox.stamped else start_ms
        seq = seq_of(self._boot_no, self._n)
        record = pack_record(Reading(self._identity.terminal_id, ts_ms, seq, values, flags, 1))
        self._outbox.put(record, self._clock.uptime_ms())
        if self._n == LAST_N:
            machine.reset()  # the next boot has numbers again


def _started():
    """The terminal, or None. A function of its own: what its frame held would stay in memory as long as it stands."""
    from firmware.terminal import start

    terminal = start.start(Terminal)
    if terminal is not None:
        forget(start.SPENT)
    return terminal


def main():
    """Start, then run for ever."""
    terminal = _started()
    if terminal is None:
        from firmware.terminal.lamp import unprovisioned

        unprovisioned()
    else:
        terminal.run()


if __name__ == "__main__":
    main()
