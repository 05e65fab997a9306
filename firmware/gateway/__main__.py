"""`python -m firmware.gateway`: run, enrol, terminals, status, password."""

import asyncio
import logging
import sys
import time

import click
from rich.console import Console
from rich.table import Table

from firmware.gateway import commands, enrolment, live, page_password, page_view, standing
from firmware.gateway.config import read_config
from firmware.gateway.errors import GatewayError
from firmware.gateway.identity import read_identity
from firmware.gateway.outbox import look
from firmware.gateway.sight import depth, needs, refused, sight
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
    """What needs somebody, what waits for the collector, each terminal as it is now, and what was refused."""
    settings = read_config(config_file)
    seen = sight(settings, live.ask(settings["state"]))
    state = seen.outbox
    click.echo(f"gateway    {seen.gateway_id}{'' if seen.live else ', not running'}")
    for one in needs(seen, time.time_ns() // 1_000_000):
        click.echo(f"needs      {page_view.need(*one, 'en')}")
    click.echo(f"collector  {settings['collector.url']}")
    for line in standing.said(standing.look(settings["state"])):
        click.echo(f"           {line}")
    if seen.live:
        click.echo(f"clock      {'proved' if seen.live['clock_proved'] else 'not proved'}")
    click.echo(f"waiting    {state.waiting} readings, oldest {_instant(state.oldest_ms)}")
    click.echo(f"           {state.gaps} gaps, {state.records} records")
    click.echo(f"set aside  {state.set_aside}")
    for row in seen.rows:
        click.echo(f"terminal   {row.terminal_id} {_words_of(row)}")
    for peer in seen.plain:
        at, title, interface, reason = peer.plain.values()
        click.echo(f"plain      {peer.source_id} {peer.protocol} {at} on {interface}: {title}; {reason}")
    for interface, source_id, code, count in state.refusals:
        what = "outbox    " if interface == "outbox" else f"refused    {interface}"
        click.echo(f"{what} {source_id or '(no name)'} {code}: {count}")


def _words_of(row):
    """What a person wants to know of a terminal, in one line."""
    place = row.kind if row.here is None else "here" if row.here else "not here"
    parts = [place, f"heard {_instant(row.heard_ms)}"]
    version = f"firmware {row.said.get('version')} slot {row.said.get('slot')}" if row.said else None
    figures = (
        (version, "{}"),
        (row.said.get("rssi_dbm"), "signal {} dBm"),
        (row.said.get("heap_free"), "{} B free"),
        (depth(row.said), "keeps {}"),
        (refused(row.said), "refused {}"),
        (row.waiting or None, "{} wait here"),
        (row.commands or None, "{} commands open"),
    )
    parts += [text.format(value) for value, text in figures if value is not None]
    values = (row.latest or {"values": {}})["values"].items()
    parts += [f"{name} {'invalid' if value is None else f'{value:g}'}" for name, value in values]
    return ", ".join(parts)


@main.command()
@click.pass_obj
def password(config_file):
    """Set the password of the page for who looks from elsewhere; typed at a terminal only."""
    settings = read_config(config_file)
    if not sys.stdin.isatty():
        raise GatewayError("a password is typed at a terminal, never piped; run this command there")
    page_password.keep(settings["state"], click.prompt("Password", hide_input=True, confirmation_prompt=True))
    click.echo("the page's password is set")


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
