"""What every test may ask for, and the last look after a whole run: did each test the conformance page names pass?"""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
passed = set()


def pytest_addoption(parser):
    """On which database the collector's tests run; what tests/hil has to know of a real board (docs/guide-hil.md)."""
    choice = {"choices": ("sqlite", "postgresql"), "default": "sqlite"}
    parser.addoption("--database", help="tests/collector: sqlite or postgresql", **choice)
    parser.addoption("--port", default=None, help="tests/hil: serial port of a real board")
    parser.addoption("--board", default="pico_w", help="tests/hil: which folder of boards/ it is")
    parser.addoption("--host", default="127.0.0.1", help="tests/hil: this machine's address as the board sees it")
    parser.addoption("--wifi", default=None, help="tests/hil: JSON file with the ssid and key of its network")
    parser.addoption("--power", default=None, help="tests/hil: command that takes off and on for its power")


def pytest_runtest_logreport(report):
    """Remember what passed, by file and function."""
    if report.when == "call" and report.passed:
        passed.add(report.nodeid.split("[")[0])


def pytest_sessionfinish(session, exitstatus):
    """After a run of everything: a test named as evidence that did not pass is a failure of the run."""
    if hasattr(session.config, "workerinput"):
        return  # one of several workers: their controller sees all reports
    whole = session.config.args == session.config.getini("testpaths") and not session.config.option.keyword
    if not whole or session.config.option.collectonly or exitstatus:
        return
    page = (ROOT / "docs/conformance.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/.]+::\w+)`", page))
    silent = sorted(named - passed)
    if silent:
        print("\nnamed in docs/conformance.md but not run, or skipped:", *silent, sep="\n  ")
        if os.environ.get("GANTRY_REQUIRE_ALL") == "1":
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
