"""`python -m firmware.gateway`: run, enrol, terminals, status."""

import asyncio
import logging
import sys
import time

import click
from rich.console import Console
from rich.table import Table

from firmware.gateway import commands, enrolment
from firmware.gateway.config import read_config
from firmware.gateway.errors import GatewayError
from firmware.gateway.identity import read_identity
from firmware.gateway.outbox import look
from firmware.gateway.south.peers import read_peers
from firmware.gateway.terminals import KeyTable

SAID = ("version", "slot", "boot_no", "heap_free", "outbox", "refused")  # of what a terminal says of itself
LIBRARIES = (
    "amqtt",
    "transitions",
    "httpx",
    "httpcore",
    "mqtt",
    "pymodbus",
)  # they say more than anybody wants to read


@click.group()
@click.option("--config", "config_file", default="gateway.toml", show_default=True, help="the settings file")
@click.pass_context
def main(context, config_file):
    """The gateway between terminals and the collector."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    context.obj = config_file


@main.command()
@click.pass_obj
def run(config_file):
    """Carry readings until SIGTERM or Ctrl-C."""
    from firmware.gateway.app import run as run_gateway  # here: the other commands need none of what it loads

    asyncio.run(run_gateway(read_config(config_file)))


@main.command()
@click.option("--url", help="the collector's https:// address; default: collector.url")
@click.option("--code", required=True, help="the code the collector made for this gateway")
@click.option("--ca", "ca_file", help="PEM file of the collector's CA; default: collector.ca")
@click.option("--name", "names", multiple=True, required=True, help="host or address the terminals dial; repeatable")
@click.pass_obj
def enrol(config_file, url, code, ca_file, names):
    """Get a credential and a certificate for a code. Safe to repeat with a new code."""
    settings = read_config(config_file)
    settings["collector.url"] = url or settings["collector.url"]
    settings["collector.ca"] = ca_file or settings["collector.ca"]
    gateway_id = asyncio.run(enrolment.enrol(settings, code, list(names)))
    click.echo(f"enrolled as {gateway_id}; state is in {settings['state']}")


@main.command()
@click.pass_obj
def terminals(config_file):
    """The terminals assigned to this gateway, what was heard of them and what they said of themselves."""
    settings = read_config(config_file)
    keys = KeyTable(settings["state"], read_identity(settings["state"]).gateway_id)
    heard = look.heard(settings["state"])
    statuses, counts = commands.look(settings["state"])
    sources = {peer.source_id for peer in read_peers(settings["sources.file"])}
    table = Table("terminal", "assigned", "last heard", "newest number", "waiting", "commands")
    for terminal_id in sorted({*keys.ids(), *heard, *statuses}):
        heard_ms, newest_seq, waiting = heard.get(terminal_id, (None, None, 0))
        number = f"{newest_seq >> 24}/{newest_seq & 0xFFFFFF}" if newest_seq else "-"
        assigned = "source" if terminal_id in sources else "yes" if keys.get(terminal_id) else "no"
        waits = (str(waiting), str(counts.get(terminal_id, 0)))
        table.add_row(terminal_id, assigned, _instant(heard_ms), number, *waits)
    Console().print(table)
    for terminal_id, (ts_ms, said) in sorted(statuses.items()):
        own = ", ".join(f"{name} {said[name]}" for name in SAID if name in said)
        click.echo(f"{terminal_id} said at {_instant(ts_ms)}: {own}")


@main.command()
@click.pass_obj
def status(config_file):
    """What waits for the collector, what was refused, and which peers speak without encryption."""
    settings = read_config(config_file)
    state = look.look(settings["state"])
    click.echo(f"gateway    {read_identity(settings['state']).gateway_id}")
    click.echo(f"collector  {settings['collector.url']}")
    click.echo(f"waiting    {state.waiting} readings, oldest {_instant(state.oldest_ms)}")
    click.echo(f"           {state.gaps} gaps, {state.records} records")
    click.echo(f"set aside  {state.set_aside}")
    for peer in read_peers(settings["sources.file"]):
        if peer.plain:
            at, title, interface, reason = peer.plain.values()
            click.echo(f"plain      {peer.source_id} {peer.protocol} {at} on {interface}: {title}; {reason}")
    for interface, source_id, code, count in state.refusals:
        click.echo(f"refused    {interface} {source_id or '(no name)'} {code}: {count}")


def _instant(ts_ms):
    return "-" if ts_ms is None else time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ts_ms / 1000)) + " UTC"


def start():
    """Run a command; what stops it is one line to stderr and status 1."""
    try:
        main()
    except GatewayError as error:
        print(f"gateway: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    start()
