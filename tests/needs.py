"""Parts that a test needs from the system: found, or skipped with the package that brings them, or failed in CI."""

import os
import shutil
import sys

import pytest


def require_program(name, package):
    """The path of a program. Without it the test skips and names the package; with GANTRY_REQUIRE_ALL=1 it fails."""
    path = shutil.which(name) or shutil.which(name, path=os.path.dirname(sys.executable))
    return path or missing(f"{name} is not installed; the package {package} brings it")


def missing(reason):
    """Skip with the reason, or fail where everything is required."""
    if os.environ.get("GANTRY_REQUIRE_ALL") == "1":
        pytest.fail(f"GANTRY_REQUIRE_ALL=1 and {reason}")
    pytest.skip(reason)
