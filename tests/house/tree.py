"""The tree as its own keepers see it: every file of ours, read once."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("firmware", "collector", "flasher", "boards")


@cache
def files():
    """Every file git knows or would add, as paths from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in sorted(set(listed.stdout.splitlines())) if (ROOT / line).is_file()]


def modules(*rooms):
    """The Python files below some top-level folders; all of the product's without an argument."""
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in (rooms or PRODUCT)]


def text(path):
    """What a file says, or an empty text for what is no text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree(path):
    """The syntax tree of a Python file."""
    return ast.parse(text(path))
