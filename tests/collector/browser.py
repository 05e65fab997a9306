"""The collector in its own process over TLS, with a day of readings, and a browser that looks at it."""

import contextlib
import math
import shutil
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from collector import accounts, db, equipment, gateways, readings
from collector.gateways import certificates
from tests.collector.register import opened
from tests.collector.site import BOOT, CT, NO_FACTOR, PASSWORD, now_ms
from tests.needs import require_program
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / ".test/screenshots"
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PEOPLE = {"chen": "security_administrator", "liu": "auditor"}
MACHINES = (  # terminal, kind, name, how old its newest reading is
    ("ct-02", "CT", "CT 2 emergency", 0),
    ("mri-02", "MRI", "MRI 3.0 T", 180_000),
    ("dsa-01", "DSA", "Angiography suite", 3_600_000),
    ("linac-01", "LINAC", "Linear accelerator west", 0),
)


def furnish(data_dir):
    """Give the hospital machines with a day of readings, a hole in it, and one that never said anything."""
    db.open_database(data_dir)
    now = now_ms()
    for at, (terminal_id, kind, name, age_ms) in enumerate(MACHINES):
        asset = f"B-{at:04d}"
        about = {"asset_number": asset, "kind": kind, "name": name, "department": "Imaging", "room": f"R {at}"}
        equipment.add_equipment(CT | about, now)
        gateways.add_terminal(data_dir, terminal_id, bytes(32), now)
        equipment.bind(terminal_id, asset, now)
        with db.write():
            readings.append([day_of(terminal_id, now - age_ms)])
    for name, role in PEOPLE.items():
        accounts.add_administrator(name, PASSWORD, now, role)
    certificates.issue_server(data_dir, ["127.0.0.1"], 5, now)
    (data_dir / "collector.toml").write_text(NO_FACTOR + "poll_every_s = 1\nlate_after_s = 150\n")
    db.database.close()


def day_of(terminal_id, end_ms, every_ms=30_000):
    """A Block of the 24 hours before an instant, without a reading between the eighth and the tenth hour."""
    count = 86_400_000 // every_ms
    rows = [n for n in range(count) if not 960 < n < 1200 and not 2850 < n < 2865]
    wave = [math.sin(n / 90) for n in rows]
    current = [round(9000 + 6000 * (n % 40 > 30) + 2000 * w) for n, w in zip(rows, wave, strict=True)]
    steps = {
        1: [round(2200 + 100 * w) for w in wave],
        2: [round(4800 - 400 * w) for w in wave],
        3: current,
        4: [value - 1500 for value in current],
        5: [value + 2500 for value in current],
    }
    ts_ms = [end_ms - (count - n) * every_ms + every_ms - 1000 for n in rows]
    seq = [BOOT + 1 + n for n in rows]
    return readings.Block(terminal_id, seq, ts_ms, steps)


@contextlib.contextmanager
def serving(data_dir, *options):
    """(process, address) of a collector that is ready; it ends with the block."""
    command = [
        sys.executable,
        "-m",
        "collector",
        "--data",
        str(data_dir),
        "serve",
        "--port",
        str(free_port()),
        *options,
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line.startswith("collector ready "), process.stderr.read()
        yield process, line.split()[2]
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
        process.stderr.close()


def visitor(data_dir, address, **more):
    """An HTTP client that trusts the site's CA."""
    trust = ssl.create_default_context(cafile=str(data_dir / "ca/a02.crt"))
    return httpx.Client(base_url=address, verify=trust, timeout=10, **more)


@contextlib.contextmanager
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=require_program("chromium", "chromium"), args=CHROMIUM)
        yield chromium
        chromium.close()


@contextlib.contextmanager
def hospital_served(built, server, folder, more=None):
    """(folder, process, address) of a furnished hospital that is served until the end of this; `more` furnishes on."""
    shutil.copytree(built[0], folder)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with opened(server, built[2]):
        furnish(folder)
        if more is not None:
            more(folder)
        with serving(folder) as (process, address):
            yield folder, process, address


@contextlib.contextmanager
def signed_in(chromium, address, locale, width, name="admin", **more):
    """A page after signing in, and the list of what its console complained about."""
    context = chromium.new_context(
        locale=locale,
        viewport={"width": width, "height": 900},
        ignore_https_errors=True,
        timezone_id="America/New_York",
        **more,
    )
    page, complaints = context.new_page(), []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address + "/")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("input[type=submit]")
    page.wait_for_selector("nav[aria-label] a")
    yield page, complaints
    context.close()


def settle(page):
    """Wait until a page shows what it asked for."""
    page.wait_for_load_state("networkidle")
    time.sleep(0.2)
