"""`python -m tests.bench [ROOM]`: run one room's figures or all, print them, merge them into .bench/results.json."""

import importlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOMS = ("card", "events", "fleet", "gateway", "pages", "running", "seal", "store", "terminal")
TOP = Path(__file__).parents[2]
RESULTS = TOP / ".bench/results.json"


def merged(rows):
    """The rows of this run over those of earlier ones, by name."""
    old = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    when = {"commit": _commit(), "date": datetime.now(UTC).date().isoformat()}
    fresh = [row._asdict() | when for row in rows]
    names = {row["name"] for row in fresh}
    return [row for row in old if row["name"] not in names] + fresh


def _commit():
    """The commit that was measured, with a + where the tree was not as committed; "" outside a repository."""
    said = [
        subprocess.run(["git", *words], cwd=TOP, capture_output=True, text=True).stdout.strip()
        for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain"))
    ]
    return said[0] + ("+" if said[1] else "")


def table(rows):
    """The rows as people read them."""
    drawn = Table("figure", "value", "beside", "ratio", "goal", "holds")
    for row in rows:
        value = f"{row['value']:,.4g} {row['unit']}"
        drawn.add_row(
            row["name"], value, row["peer"], f"{row['ratio']:.2f}", row["goal"], "yes" if row["holds"] else "NO"
        )
    return drawn


def main(rooms):
    """Measure, keep, print; exit status 1 when a goal does not hold."""
    unknown = [room for room in rooms if room not in ROOMS]
    if unknown:
        sys.exit(f"bench: no room {unknown[0]}; there are {', '.join(ROOMS)}")
    rows = [row for room in rooms or ROOMS for row in importlib.import_module(f"tests.bench.{room}").rows()]
    kept = merged(rows)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=1))
    Console().print(table(kept))
    sys.exit(0 if all(row.holds for row in rows) else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
