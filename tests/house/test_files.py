"""Small files named after nouns of the field, each saying what it is for; nothing left lying about."""

import ast
import re
import subprocess
import sys

import pytest

from tests.house.tree import ROOT, files, modules, text, tree

TOP = {
    "firmware",
    "collector",
    "flasher",
    "boards",
    "docs",
    "tests",
    "requirements.txt",
    "README.md",
    "Makefile",
    "pyproject.toml",
    ".ci",
    ".github",
    ".gitignore",
    "LICENSE",
}
NOT_OURS = re.compile(r"(?<![a-z])(manager|service|helper|helpers|utils|util|ticket|alert|repository)(?![a-z])", re.I)
LONGEST = 300


def test_the_top_level_holds_only_what_was_agreed():
    assert {path.parts[0] for path in files()} <= TOP


def test_migrations_are_numbered_one_after_the_other():
    numbers = [int(path.name[:4]) for path in files() if path.match("collector/migrations/0*.py")]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_no_file_holds_two_versions_of_itself():
    """What a merge left open: its marks begin a line."""
    found = subprocess.run(["git", "grep", "-lIE", "^(<{7}|>{7}) "], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 1, found.stdout + found.stderr


@pytest.mark.parametrize("path", modules("firmware", "collector", "flasher", "boards", "tests"), ids=str)
def test_a_file_is_at_most_300_lines(path):
    assert text(path).count("\n") <= LONGEST, f"{path}: split it after nouns of the field"


@pytest.mark.parametrize("path", [path for path in files() if path.suffix in (".js", ".css", ".html")], ids=str)
def test_a_page_file_is_at_most_300_lines(path):
    assert text(path).count("\n") <= LONGEST


@pytest.mark.parametrize("path", modules("firmware", "collector", "flasher", "boards", "tests"), ids=str)
def test_a_file_says_what_it_is_for(path):
    if text(path).strip():
        assert ast.get_docstring(tree(path)), f"{path} has no docstring"


def public_functions(path):
    owners = [tree(path)] + [node for node in tree(path).body if isinstance(node, ast.ClassDef)]
    for owner in owners:
        for node in owner.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield node


@pytest.mark.parametrize("path", modules(), ids=str)
def test_a_public_function_says_what_it_gives(path):
    silent = [f"{path}:{node.lineno} {node.name}" for node in public_functions(path) if not ast.get_docstring(node)]
    assert not silent, silent


@pytest.mark.parametrize("path", modules(), ids=str)
def test_a_function_is_at_most_60_lines(path):
    long = [
        f"{path}:{node.lineno} {node.name}" for node in public_functions(path) if node.end_lineno - node.lineno > 60
    ]
    assert not long, long


@pytest.mark.parametrize("path", modules(), ids=str)
def test_a_name_is_a_word_of_the_field(path):
    names = [path.stem] + [
        node.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    taken = [name for name in names if NOT_OURS.search(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name))]
    assert not taken, f"{path}: {taken}"


@pytest.mark.parametrize("path", modules(), ids=str)
def test_no_error_is_swallowed_by_a_bare_except(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            last_resort = path.name == "boot.py"  # a board must come back whatever its program did
            wide = caught in ("everything", "Exception", "BaseException")
            assert last_resort or not wide, f"{path}:{node.lineno} catches {caught}"


def test_nothing_is_left_unfinished():
    mark = re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b")
    left = [f"{path}" for path in files() if path.parts[0] != "LICENSE" and mark.search(text(path))]
    assert not left, left


def test_no_file_names_a_package_index_or_this_machine():
    hosts = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "debian" + ".org")
    named = [str(path) for path in files() for host in hosts if host in text(path)]
    assert not named, named
    parent = str(ROOT.parent) + "/"
    if len(parent) > 4:
        assert not [str(path) for path in files() if parent in text(path)]


def test_style_is_clean():
    for command in (["check", "."], ["format", "--check", "."]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:]
