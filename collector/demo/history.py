"""Thirty days of history for the demo, through the same A02 door as live readings, under an earlier boot number."""

import gzip
import json
import ssl
import subprocess
import sys

import httpx

from collector.demo.hospital import MACHINES, first_boot_no, seed_of
from collector.demo.processes import ROOT


def bring(site, days, progress):
    """Play `days` days of each machine on the simulated board's model and upload them, batch by batch."""
    all_ms = days * 86_400_000
    tasks = {machine: progress.add_task(f"history {machine.terminal_id}", total=all_ms) for machine in MACHINES}
    with httpx.Client(base_url=site.url, verify=trust(site), timeout=60) as client:
        for machine in MACHINES:
            identity = json.loads((site.folder / machine.gateway_id / "state/identity.json").read_text())
            headers = {"Authorization": f"Bearer {identity['credential']}", "Content-Type": "application/json"}
            for block in _blocks(site, machine, days):
                upload(client, headers, block)
                progress.update(tasks[machine], completed=block["ts_ms"][-1] - site.started_ms + all_ms)
            progress.update(tasks[machine], completed=all_ms)


def upload(client, headers, block):
    """One batch of one block. Raises RuntimeError when the collector took less than all of it."""
    body = {"sent_ms": block["ts_ms"][-1], "readings": [block], "records": [], "gaps": []}
    packed = gzip.compress(json.dumps(body).encode(), 1)
    answer = client.post("/a02/v1/batches", content=packed, headers={**headers, "Content-Encoding": "gzip"})
    answer.raise_for_status()
    if answer.json()["refused"]:
        raise RuntimeError(f"history of {block['terminal_id']} was refused: {answer.json()['refused'][0]}")


def trust(site):
    """What a client of the demo believes: its own CA and no other."""
    return ssl.create_default_context(cafile=site.folder / "ca.pem")


def _blocks(site, machine, days):
    """What the board's model played, as blocks of a batch: one JSON line each."""
    words = ["--kind", machine.kind, "--seed", seed_of(machine), "--days", days]
    words += ["--terminal", machine.terminal_id, "--boot", first_boot_no(site) - 1]
    words += ["--until-ms", site.started_ms]
    command = [sys.executable, "-m", "boards.simulated.history", *map(str, words)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as playing:
        for line in playing.stdout:
            yield json.loads(line)
    if playing.returncode:
        raise RuntimeError(f"the history of {machine.terminal_id} ended with status {playing.returncode}")
