"""`python -m firmware.host`: run, status."""

import logging
import signal
import sys
import time

import click

from firmware.host import disks
from firmware.host.agent import Agent
from firmware.host.config import ports_of, read_config
from firmware.host.errors import HostError
from firmware.host.flows import connections
from firmware.host.identity import read_identity
from firmware.host.outbox import look
from firmware.systemd import Notice


@click.group()
@click.option("--config", "config_file", default="host.toml", show_default=True, help="the settings file")
@click.pass_context
def main(context, config_file):
    """The agent on the equipment's own computer."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    context.obj = config_file


@main.command()
@click.pass_obj
def run(config_file):
    """Watch disks and connections until SIGTERM or Ctrl-C."""
    settings, notice = read_config(config_file), Notice()
    agent = Agent(settings, read_identity(settings))

    def end(*_told):
        notice.stopping()
        agent.end()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    notice.ready()
    agent.run(notice.alive)


@main.command()
@click.pass_obj
def status(config_file):
    """What waits for the gateway, how full the disks are, and which connections are open now."""
    settings = read_config(config_file)
    identity, waiting = read_identity(settings), look(settings["state"])
    click.echo(f"host       {identity.terminal_id}")
    for gateway in identity.gateways:
        click.echo(f"gateway    {gateway.gateway_id} by {gateway.road} at {gateway.host}:{gateway.port}")
    oldest = (
        "-"
        if waiting.oldest_ms is None
        else time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(waiting.oldest_ms / 1000))
    )
    click.echo(
        f"waiting    {waiting.readings} readings, oldest {oldest}; {waiting.records} records, {waiting.gaps} gaps"
    )
    for mount_point, disk in disks.disks(disks.watched(settings["disks.watched"])).items():
        said = "cannot be asked" if disk is None else f"{disk['used_pct']} % of {disk['total_bytes'] / 1e9:.1f} GB"
        click.echo(f"disk       {mount_point}  {said}")
    for one in sorted(set(connections(ports_of(settings)))):
        click.echo(f"flow       {one.direction} {one.address} {one.protocol} {one.port}")


def start():
    """Run a command; what stops it is one line to stderr and status 1."""
    try:
        main()
    except HostError as error:
        print(f"host: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    start()
