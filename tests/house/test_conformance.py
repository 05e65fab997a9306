"""Every requirement has its row in docs/conformance.md, and a row names only tests that are there."""

import ast
import re

import pytest

from tests.house.tree import ROOT, text, tree

IDS = (
    "S-1 S-2 S-3 S-4 S-5 S-6 P-1.1 P-1.2 P-1.3 P-1.4 P-2.1 P-2.2 P-2.3 P-2.4 P-2.5 P-3.1 P-3.2 P-4.1 P-4.2 P-4.3 P-4.4 "
    "P-4.5 P-4.6 P-5 P-6 P-7.1 P-7.2 P-7.3 P-7.4 P-8.1 P-8.2 P-8.3 P-8.4 G-1 G-2 G-3 G-4 T-1 T-2 T-3 T-4 X-1.1 X-1.2 "
    "X-2.1 X-2.2 X-3.0 X-3.1 X-3.2 X-3.3 X-3.4"
)


def rows():
    """{id: (state, where, tests)} of the conformance page."""
    lines = [
        line.strip("|").split("|")
        for line in text("docs/conformance.md").splitlines()
        if re.match(r"\| [SPGTX]-", line)
    ]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def named_tests():
    """Every `path::test` the page names."""
    return sorted(set(re.findall(r"`(tests/[\w/.]+)::(\w+)`", text("docs/conformance.md"))))


@pytest.mark.parametrize("requirement", IDS.split(" "))
def test_a_requirement_has_a_row_that_says_how_far_it_is(requirement):
    state, where, tests = rows()[requirement][1:4]
    assert state in ("built", "begun", "not yet")
    assert state == "not yet" or (where and "::" in tests), "what is begun has a place and a test"


@pytest.mark.parametrize("path,name", named_tests())
def test_a_named_test_is_there(path, name):
    assert (ROOT / path).exists(), path
    assert name in {node.name for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)}, f"{path}::{name}"
