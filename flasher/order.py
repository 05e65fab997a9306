"""What a terminal is to be, as the command line and the site file say it: program, keys, sensors, way to register."""

import time
from pathlib import Path

import click

from flasher import provision, site
from flasher.board import boards
from flasher.errors import FlasherError

FILE = click.Path(dir_okay=False, path_type=Path)
BOARD = click.option("--board", type=click.Choice(list(boards())), help="[default: what the board says it is]")
OPTIONS = (
    BOARD,
    click.option("--site", "site_file", required=True, type=FILE, help="What is the same for all terminals here."),
    click.option("--image", type=FILE, help="[default: firmware.image of the site]"),
    click.option("--keys", type=FILE, help="Release keys to trust. [default: firmware.keys of the site]"),
    click.option("--kit", default="climate-loop", show_default=True, type=click.Choice(list(site.KITS))),
    click.option("--full-scale-a", type=float, help="Of the current clamp or its transmitter, in A."),
    click.option("--full-scale-v", type=float, help="Of an AC clamp: its V rms at full scale, as its plate says."),
    click.option("--shunt-ohm", type=float, help="Of an INA219, in the loop or in a DC supply's plus wire."),
    click.option("--calibration", nargs=4, type=float, help="Of the current: measured true measured true, in A."),
    click.option("--again", is_flag=True, help="Make a terminal of a board that is one already."),
    click.option("--handover-key", type=FILE, help="Of the collector: register by a sealed file, without a network."),
    click.option("--handover", "handover_file", type=FILE, help="Where the sealed file goes. [default: ID.handover]"),
)


def order_options(command):
    """The options of a command that makes terminals: what Order takes."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


class Order:
    """What was ordered. Raises FlasherError for what cannot be."""

    def __init__(
        self,
        board,
        site_file,
        image,
        keys,
        kit,
        full_scale_a,
        full_scale_v,
        shunt_ohm,
        calibration,
        again,
        handover_key,
        handover_file,
    ):
        self.board, self.place, self.again = boards().get(board), site.read_site(site_file), again
        given = {"full_scale_a": full_scale_a, "full_scale_v": full_scale_v, "shunt_ohm": shunt_ohm}
        points = (calibration[:2], calibration[2:]) if calibration else None
        self._kit = kit, {name: value for name, value in given.items() if value is not None}, points
        site.sensors_of(*self._kit)
        self.image = content_of(image or (self.place.firmware or {}).get("image"), "--image")
        self.keys = content_of(keys or (self.place.firmware or {}).get("keys"), "--keys")
        self._handover_key, self._handover_file = handover_key, handover_file
        if handover_key is None and self.place.collector is None:
            raise FlasherError(f"{site_file} names no [collector]; add it, or give --handover-key")

    def identity(self, terminal_id, board):
        """A fresh identity for this id on a Board."""
        now_ms = time.time_ns() // 1_000_000
        sensors = site.sensors_of(*self._kit, pin=site.clamp_pin(board.id))
        return provision.new_identity(terminal_id, board.id, self.place, sensors, now_ms)

    def handover(self, terminal_id):
        """(the collector's public key as text, the file to write), or None where the network is the way."""
        if self._handover_key is None:
            return None
        key = content_of(self._handover_key, "--handover-key").decode(errors="replace")
        return key, self._handover_file or Path(f"{terminal_id}.handover")


def content_of(file, option):
    """The bytes of a file that an option or the site names. Raises FlasherError."""
    if file is None:
        raise FlasherError(f"neither {option} nor the site says which file")
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise FlasherError(f"{file} cannot be read: {error.strerror}") from error
