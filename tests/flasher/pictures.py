"""`python -m tests.flasher.pictures`: the pictures of the technician's guide, from what its commands really say."""

import io
import re
import tempfile
from pathlib import Path

import pytest
from rich.console import Console
from rich.terminal_theme import MONOKAI

from tests.collector.browser import serving
from tests.flasher.guide import DOCS, ENGLISH, Walk, commands, prepare

FOLDER = DOCS / "pictures"
NO_FONT = re.compile(r"@font-face \{.*?\}\s*", re.S)  # a picture fetches nothing
WIDTH = 112
SHOWN = {  # picture: (how the first of its commands begins, how many more of the page it shows)
    "image": ("flasher image add", 1),
    "list": ("flasher list", 0),
    "doctor": ("flasher doctor", 0),
    "flash_esp32": ("flasher flash --board esp32 --port", 0),
    "flash_pico": ("flasher flash --board pico_w --drive", 0),
    "setup": ("flasher setup ct-01", 0),
    "setup_esp32": ("flasher setup ct-03", 0),
    "setup_all": ("flasher setup ct-04", 0),
    "provision": ("flasher provision ct-01", 0),
    "verify": ("flasher verify", 0),
    "update": ("flasher update", 0),
    "handover": ("collector handover key", 2),
    "journal": ("collector terminal journal", 1),
}
REFUSED = "flasher provision ct-02"


def svg(said):
    """A terminal that shows what was typed and said."""
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(said.rstrip(), markup=False, highlight=False)
    return NO_FONT.sub("", console.export_svg(title="gantry", theme=MONOKAI, unique_id="gantry"))


def walked(folder, patch):
    """[(command, what it said)] of the whole guide, and of one more that is refused."""
    patch.chdir(folder)
    patch.setenv("GANTRY_IMAGES", str(folder / "images"))
    patch.setenv("GANTRY_JOURNAL", str(folder / "journal.jsonl"))
    data, found = prepare(folder), []
    with serving(data) as (_process, url):
        walk = Walk(folder, data, url, patch)
        for line in commands(ENGLISH):
            found.append((line, walk.run(line)))
        line = next(line for line, _said in found if "provision ct-01" in line).replace("ct-01", "ct-02")
        found.append((line, walk.run(line, status=1)))
    return found


def main():
    """Write them."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        found = walked(Path(folder), patch)
    for name, (begin, more) in {**SHOWN, "refused": (REFUSED, 0)}.items():
        first = next(n for n, (line, _said) in enumerate(found) if line.startswith(f"python -m {begin}"))
        said = "\n".join(f"$ {line}\n{text}".rstrip() for line, text in found[first : first + more + 1])
        (FOLDER / f"technician-{name}.svg").write_text(svg(said), encoding="utf-8")


if __name__ == "__main__":
    main()
