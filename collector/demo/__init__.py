"""`python -m collector demo`: the whole chain on this machine, with real parts, until Ctrl-C.

Makes a hospital under its folder: site CA, collector, two gateways, six terminals (the firmware under MicroPython on
the simulated board), thirty days of history through the gateways' own door. Everything listens on loopback, over TLS.
"""

import secrets
import shutil
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from collector.demo import history, hospital
from collector.demo.processes import Processes
from collector.demo.visitor import Visitor
from collector.errors import ActionError

USER = "admin"
MARK = "made-by-the-demo"
REACHED_WITHIN_S = 60  # after the last terminal has started


def run(folder, seconds, days, port):
    """Run the demo; `seconds` 0: until Ctrl-C. Exit status 0 if live readings of every terminal reached the page."""
    folder, console = Path(folder).resolve(), Console()
    hospital.require_free(port)
    make_anew(folder)
    password = secrets.token_urlsafe(15)
    with Processes(folder / "logs") as processes:
        try:
            with console.status("making keys, certificates and six pieces of equipment"):
                site = hospital.build(folder, port, USER, password)
                hospital.open_collector(site, processes)
                hospital.open_gateways(site, processes)
            console.print(f"\n  Open   [bold]{site.url}[/]   (its certificate is the demo's own: {folder / 'ca.pem'})")
            console.print(f"  User   [bold]{USER}[/]\n  Password  [bold]{password}[/]\n")
            hospital.start_terminals(site, processes)
            if days:
                with _progress(console) as progress:
                    history.bring(site, days, progress)
            visitor = Visitor(site, USER, password)
            return _live(console, visitor, processes, seconds)
        except KeyboardInterrupt:
            console.print("\nended; everything it made is in", folder)
            return 0


def make_anew(folder):
    """An empty folder of the demo's own. Raises ActionError for one that holds what the demo did not make."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise ActionError(f"{folder} holds something the demo did not make; choose another --folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    (folder / MARK).touch()


def _progress(console):
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console)


def _live(console, visitor, processes, seconds):
    """Watch the page as a person would, until the time is over. The exit status."""
    began = time.monotonic()
    deadline = began + max(seconds, REACHED_WITHIN_S)
    told = set()
    while not seconds or time.monotonic() < began + seconds or (visitor.missing() and time.monotonic() < deadline):
        processes.check()
        for terminal_id, values in visitor.look():
            if terminal_id not in told:
                told.add(terminal_id)
                console.print(f"  live   {terminal_id:<10} {values}")
        time.sleep(1)
    missing = visitor.missing()
    if missing:
        console.print(f"[red]no live reading reached the page from: {', '.join(missing)}[/]; see {processes.logs}")
        return 1
    console.print(f"live readings of all {len(told)} terminals reached the page")
    return 0
