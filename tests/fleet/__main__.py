"""`python -m tests.fleet`: simulated terminals against a collector of its own; Ctrl-C gives the report so far."""

import asyncio
import signal
import sys
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console

from tests.fleet.account import Account
from tests.fleet.load import Load
from tests.fleet.plan import UPLOAD_S, PlanRefused, due_each_second, plan_of
from tests.fleet.played import Fleet
from tests.fleet.report import drawn, figures, table
from tests.fleet.site import FleetSite


def said(account, now_s):
    """One line that tells how it goes, over the one before."""
    upload, page = (account.part(what, 99) or 0 for what in ("upload", "overview page"))
    line = f"{now_s:5.0f} s  {account.acknowledged:>11,} acknowledged  {account.waiting:>7,} wait"
    print(f"\r{line}  p99 {upload:,.0f} ms, page {page:,.0f} ms   ", end="", file=sys.stderr, flush=True)


async def loaded(load):
    """Run a load to its end or to Ctrl-C."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await load.run(stop)


def since(before, after):
    """What was used between two looks."""
    return after._replace(cpu_s=after.cpu_s - before.cpu_s, written=after.written - before.written)


def run(plan, folder, progress=said, begin_ms=None, settings=""):
    """(Account, Used) of a plan against a collector in a folder.

    `begin_ms`: when the first windows end, instead of now; `settings`: lines of the collector's collector.toml.
    """
    with FleetSite(folder, plan, settings) as site:
        account, fleet = Account(due_each_second(plan)), Fleet(plan, begin_ms or round(time.time() * 1000))
        load, before = Load(plan, site, fleet, account, progress), site.used()
        asyncio.run(loaded(load))
        return account, since(before, site.used())


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--terminals", default=1000, show_default=True, help="Simulated terminals, 1 to 100 000.")
@click.option("--gateways", type=int, help="Gateways that carry them.  [default: one for each hundred]")
@click.option("--window-s", default=10, show_default=True, help="Seconds between two readings of a terminal.")
@click.option("--seconds", default=60, show_default=True, help="Length of the run.")
@click.option("--pages-per-s", default=1.0, show_default=True, help="Looks at the overview beside the load.")
@click.option("--upload-s", default=UPLOAD_S, show_default=True, help="Seconds between two uploads of a gateway.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="SVG file for rates and delays.")
def main(terminals, gateways, window_s, seconds, pages_per_s, upload_s, picture):
    """Send the readings of a fleet to a collector made for it; rates and delays as a table and a picture."""
    try:
        plan = plan_of(terminals, gateways, window_s, seconds, pages_per_s, upload_s)
    except PlanRefused as error:
        raise click.UsageError(str(error)) from error
    if picture and not picture.parent.is_dir():
        raise click.UsageError(f"--picture {picture}: there is no folder {picture.parent}")
    with tempfile.TemporaryDirectory() as folder:
        account, used = run(plan, Path(folder))
    print(file=sys.stderr)
    Console().print(table(figures(plan, account, used)))
    if picture:
        picture.write_text(drawn(plan, account))


if __name__ == "__main__":
    main()
