"""The store beside its peers: ingest through the door, wire, disk, questions. docs/performance.md shows the figures."""

import tempfile
from pathlib import Path

from tests.bench import growth, store_disk, store_door, store_questions

PICTURE = Path(__file__).parents[2] / ".bench/store-growth.svg"


def rows(door=None, disk=None, questions=None):
    """Every row; the three say how much smaller than usual a part is to be, by its own words."""
    found = []
    for part, less in ((store_door, door), (store_disk, disk), (store_questions, questions)):
        with tempfile.TemporaryDirectory(prefix="gantry-bench-") as folder:
            for row in part.rows(folder, **(less or {})):
                found.append(row)
                yield row
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(growth.picture(found))
