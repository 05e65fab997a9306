"""Schemathesis over the document of /api/v1, on a collector of its own, with the token of one role after the other.

What it sends is made from the document: what it allows, what it forbids, and its edges. Counted as a fault is every
answer that is an error of the collector, or that the document does not describe.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from collector import accounts, db
from tests.collector.browser import ROOT, furnish
from tests.collector.site import NO_FACTOR, NO_PACE, PASSWORD, build, now_ms
from tests.ports import free_port
from tests.soak.ledger_site import Process

ROLES = ("system_administrator", "biomedical_engineer", "vendor", "auditor")
ROLES += ("security_administrator",)  # who may end the others
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method,ignored_auth"
)
ENDS_ITSELF = "own_api_revoke"  # a token that ended says nothing any more
SEED = 20_261_126
DAY_MS = 86_400_000


def run(seconds, roles=ROLES, phases="coverage,fuzzing", examples=None):
    """({name: figure}, [fault in words]); each role takes its part of the seconds, or so many examples a route."""
    seen, faults = {}, []
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder) / "data") as (address, tokens, ca):
        for role in roles:
            length = ["--max-examples", examples] if examples else ["--max-time", max(1, round(seconds / len(roles)))]
            told = _asked(address, tokens[role], ca, Path(folder), ["--phases", phases, *length])
            seen[f"{role}: routes"] = told["operations"]["tested"]
            seen[f"{role}: requests"] = told["test_cases"]["generated"]
            faults += [f"{role}: {fault}" for fault in faults_of(told)]
    return seen, faults


def faults_of(told):
    """What is wrong in a report of schemathesis, in words."""
    faults = [f"{one['title']}: {', '.join(one['operations'])}" for one in told["failures"]]
    faults += [f"error: {one}" for one in told["errors"]]
    if told["operations"]["tested"] < told["operations"]["selected"]:
        faults.append(f"only {told['operations']['tested']} of {told['operations']['selected']} routes were asked")
    return faults


@contextmanager
def _served(data):
    """(address, {role: token}, file of the authority) of a collector with equipment, readings and people."""
    build(data)
    furnish(data)
    (data / "collector.toml").write_text(NO_FACTOR + NO_PACE)
    db.open_database(data)
    tokens = {}
    for role in ROLES:
        user = accounts.add_administrator(f"some {role}", PASSWORD, now_ms(), role)
        if role in ("biomedical_engineer", "vendor"):
            accounts.give_scope(user, "equipment", 1, "A-0001", "contract", now_ms() - 1, now_ms() + DAY_MS)
        tokens[role] = accounts.add_token(f"of {role}", now_ms(), "write", 1, user.name)
    db.database.close()
    port = free_port()
    process = Process("collector", data.parent, "collector", "--data", data, "serve", "--port", port)
    process.log_file.touch()
    process.start()
    process.wait_for("collector ready")
    try:
        yield f"https://127.0.0.1:{port}", tokens, data / "ca/a02.crt"
    finally:
        process.kill()


def _asked(address, token, ca, folder, length):
    """The report of a run of schemathesis as a dict."""
    report = folder / "report.json"
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{address}/api/v1/openapi.json"]
    command += ["--header", f"Authorization: Bearer {token}", "--tls-verify", ca, "--checks", CHECKS]
    command += ["--exclude-operation-id", ENDS_ITSELF, "--seed", SEED, *length]
    command += ["--no-shrink", "--continue-on-failure", "--no-color", "--warnings", "off"]
    command += ["--generation-database", "none", "--report", "json", "--report-json-path", report]
    told_before = os.environ | {"SCHEMATHESIS_HOOKS": "tests.soak.api_media", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(list(map(str, command)), cwd=folder, env=told_before, capture_output=True, text=True)
    if not report.exists():
        raise AssertionError(done.stdout + done.stderr)
    told = json.loads(report.read_text(encoding="utf-8"))
    report.unlink()
    return told
