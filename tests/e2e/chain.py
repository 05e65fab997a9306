"""A whole chain for a test: collector, gateways, terminals, all real, on loopback, each to be killed and restarted."""

import sqlite3
import time

from collector import db
from collector.demo import hospital
from collector.demo.processes import Processes
from tests.collector.site import PASSWORD, kept_of

USER = "admin"


class Chain:
    """A hospital in a folder. Use as a context: nothing is left running."""

    def __init__(self, folder, machines, gateway_toml="", **settings):
        self.machines, self._settings, self._gateway_toml = machines, settings, gateway_toml
        (port,) = hospital.free_ports(1)
        self.site = hospital.build(folder, port, USER, PASSWORD)
        self.processes = Processes(folder / "logs")

    def __enter__(self):
        hospital.open_collector(self.site, self.processes)
        hospital.open_gateways(self.site, self.processes, self._gateway_toml)
        hospital.start_terminals(self.site, self.processes, self.machines, **self._settings)
        return self

    def __exit__(self, *_error):
        self.processes.end()

    def start_collector(self):
        """The collector again, over what it had."""
        hospital.open_collector(self.site, self.processes)

    def start_gateway(self, gateway_id):
        """A gateway again, over what it had."""
        hospital.run_gateway(self.site, self.processes, gateway_id)

    def rows(self, sql, *values):
        """What the collector's database says."""
        with sqlite3.connect(self.site.folder / "collector/collector.db", timeout=30) as database:
            return database.execute(sql, values).fetchall()

    def numbers(self, terminal_id):
        """The sequence numbers the collector holds of a terminal, with their boot, in order."""
        return [(seq >> 24, seq & 0xFFFFFF) for seq in sorted(self.kept(terminal_id).seq.tolist())]

    def kept(self, terminal_id, *channels):
        """Columns of everything the collector holds of a terminal."""
        db.open_database(self.site.folder / "collector")
        found = kept_of(terminal_id, *channels)
        db.database.close()
        return found

    def wait_for_readings(self, terminal_id, count, seconds=60):
        """Wait until the collector holds so many readings of a terminal."""
        deadline = time.monotonic() + seconds
        while len(self.numbers(terminal_id)) < count:
            self.processes.check()
            assert time.monotonic() < deadline, f"{len(self.numbers(terminal_id))} of {count} readings of {terminal_id}"
            time.sleep(0.3)
