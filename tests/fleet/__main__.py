"""`python -m tests.fleet`: simulated terminals against a collector of its own; Ctrl-C gives the report so far."""

import asyncio
import signal
import sys
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console

from tests.fleet import frames
from tests.fleet.account import Account, since
from tests.fleet.load import Load
from tests.fleet.plan import UPLOAD_S, PlanRefused, due_each_second, of_frames, plan_of
from tests.fleet.played import Fleet
from tests.fleet.report import drawn, figures, table
from tests.fleet.site import FleetSite

ROAD = "a01: sealed frames to a gateway; a02: uploads of many gateways to a collector."


def said(account, now_s):
    """One line that tells how it goes, over the one before."""
    p99 = ", ".join(f"{what} {account.part(what, 99):,.0f} ms" for what in account.delays)
    line = f"{now_s:5.0f} s  {account.acknowledged:>11,} acknowledged  {account.waiting:>7,} wait  p99: {p99}   "
    print(f"\r{line}", end="", file=sys.stderr, flush=True)


async def loaded(load):
    """Run a load to its end or to Ctrl-C."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await load.run(stop)


def run(plan, folder, progress=said, settings="", before=0):
    """(Account, Used) of a plan against a collector in a folder.

    `settings`: lines of its collector.toml; `before`: windows of the hour before that wait to be sealed.
    """
    with FleetSite(folder, plan, settings, before) as site:
        account, fleet = Account(due_each_second(plan)), Fleet(plan, round(time.time() * 1000))
        load, before = Load(plan, site, fleet, account, progress), site.used()
        asyncio.run(loaded(load))
        return account, since(before, site.used())


def run_frames(plan, folder):
    """(Account, Used) of a plan against a gateway in a folder, to its end or to Ctrl-C."""
    told = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.append(True))
    return frames.run(plan, folder, said, lambda: told)


ROADS = {"a01": ("gateway", run_frames), "a02": ("collector", run)}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--terminals", default=None, type=int, help="Simulated terminals, 1 to 100 000.  [default: 1000; a01: 100]"
)
@click.option("--road", default="a02", show_default=True, type=click.Choice(list(ROADS)), help=ROAD)
@click.option("--gateways", type=int, help="Gateways that carry them.  [default: one for each hundred]")
@click.option("--window-s", default=10, show_default=True, help="Seconds between two readings of a terminal.")
@click.option("--seconds", default=60, show_default=True, help="Length of the run.")
@click.option("--pages-per-s", default=1.0, show_default=True, help="Looks at the overview beside the load.")
@click.option("--upload-s", default=UPLOAD_S, show_default=True, help="Seconds between two uploads of a gateway.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="SVG file for rates and delays.")
def main(terminals, road, gateways, window_s, seconds, pages_per_s, upload_s, picture):
    """Send the readings of a fleet to a collector or gateway made for it; rates and delays as a table and a picture."""
    who, run_road = ROADS[road]
    terminals = (100 if road == "a01" else 1000) if terminals is None else terminals
    try:
        plan = plan_of(terminals, gateways, window_s, seconds, pages_per_s, upload_s)
        if road == "a01":
            plan = of_frames(plan)
    except PlanRefused as error:
        raise click.UsageError(str(error)) from error
    if picture and not picture.parent.is_dir():
        raise click.UsageError(f"--picture {picture}: there is no folder {picture.parent}")
    with tempfile.TemporaryDirectory() as folder:
        account, used = run_road(plan, Path(folder))
    print(file=sys.stderr)
    Console().print(table(figures(plan, account, used, who)))
    if picture:
        picture.write_text(drawn(plan, account))


if __name__ == "__main__":
    main()
