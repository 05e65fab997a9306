"""A technician's bench for tests: a site file, a signed image, a simulated board on a cable, and the command line."""

import json

from click.testing import CliRunner

from boards.simulated.usb import UsbBoard
from flasher.__main__ import main
from tests.fakes import slots
from tests.fakes.micropython import PLAY
from tests.fakes.plugged import call

WIFI_KEY = "correct horse battery"
SITE = """ca = "{ca}"

[[gateways]]
gateway_id = "gw-1"
host = "127.0.0.1"
port = {port}
server_name = "localhost"

[wifi]
ssid = "gantry"
key_file = "wifi.key"

[firmware]
image = "terminal.img"
keys = "keys.bin"
{collector}"""


class Bench:
    """Files of one place, and a board. `run` gives what a command answered; everything it said is kept in `said`."""

    def __init__(self, folder, ca_der, port=1, collector="", machine=None):
        self.folder, self.said = folder, ""
        self.journal, self.site, self.board = folder / "journal.jsonl", folder / "site.toml", folder / "board"
        self.board.mkdir()
        (self.board / "simulated.json").write_text(json.dumps(PLAY))
        if machine:
            call(self.board, machine)
        (folder / "ca.der").write_bytes(ca_der)
        (folder / "terminal.img").write_bytes(slots.image_of(slots.OLD)[1])
        (folder / "keys.bin").write_bytes(slots.key_list())
        (folder / "wifi.key").write_text(WIFI_KEY + "\n")
        (folder / "wifi.key").chmod(0o600)
        self.site.write_text(SITE.format(ca="ca.der", port=port, collector=collector))

    def cable(self, cut_after=None):
        """The board, plugged in."""
        return UsbBoard(self.board, cut_after)

    def run(self, *words):
        """(exit status, what was said) of `python -m flasher words...`."""
        done = CliRunner().invoke(main, [*map(str, words)], prog_name="python -m flasher", catch_exceptions=False)
        self.said += done.output
        return done.exit_code, done.output

    def secret(self):
        """The secret on the board."""
        return json.loads((self.board / "identity.json").read_text().partition("\n")[0])["secret"]

    def provision(self, port, *more, terminal_id="ct-09"):
        """Provision as a technician does, without a network."""
        words = ("provision", terminal_id, "--port", port, "--board", "simulated", "--site", self.site)
        return self.run(*words, "--journal", self.journal, "--json", *more)
