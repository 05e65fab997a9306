"""`python -m tests.flasher.pictures`: the pictures of the technician's guide, from what the commands really say."""

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from collector.gateways import registration
from tests.fakes.certificates import make_ca
from tests.flasher.bench import Bench

FOLDER = Path(__file__).parents[2] / "docs/pictures"
NO_FONT = re.compile(r"@font-face \{.*?\}\s*", re.S)  # a picture fetches nothing
WIDTH = 100


def svg(command, said):
    """A terminal that shows a command and what it said."""
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(f"$ {command}\n{said.rstrip()}", markup=False, highlight=False)
    return NO_FONT.sub("", console.export_svg(title="gantry", theme=MONOKAI, unique_id="gantry"))


def shots(bench):
    """{name: (command as in the guide, what it said)} on one simulated board, whose port is called /dev/ttyACM0."""
    found = {}
    sealed = ("--handover-key", bench.folder / "handover.pub", "--handover", bench.folder / "ct-01.handover")
    with bench.cable() as board:
        site = ("--board", "simulated", "--site", bench.site, "--journal", bench.journal, *sealed)
        port = ("--port", board.port)
        wait = ("--wait", "3", "--journal", bench.journal)
        steps = {
            "provision": (("provision", "ct-01", *port, *site), "provision ct-01 --board simulated --site site.toml"),
            "verify": (("verify", *port, *wait), "verify --port /dev/ttyACM0"),
            "refused": (("provision", "ct-02", *port, *site), "provision ct-02 --board simulated --site site.toml"),
            "setup": (
                ("setup", "ct-01", *port, *site[:4], *wait, *sealed, "--label", bench.folder / "labels.pdf"),
                "setup ct-01 --board simulated --site site.toml",
            ),
        }
        for name, (words, shown) in steps.items():
            said = bench.run(*words)[1].replace(board.port, "/dev/ttyACM0")
            found[name] = (f"python -m flasher {shown}", said)
    return found


def main():
    """Write them."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "handover.pub").write_text(registration.handover_public(folder / "collector"))
        for name, (command, said) in shots(Bench(folder, make_ca("gantry a01").der)).items():
            (FOLDER / f"technician-{name}.svg").write_text(svg(command, said), encoding="utf-8")


if __name__ == "__main__":
    main()
