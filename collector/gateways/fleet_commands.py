"""The command `command`: ask a terminal to do something, and see what came of it."""

import getpass
import json
import time

import click

from collector import gateways
from collector.clock import now_ms
from collector.errors import ActionError
from collector.gateways.fleet import TRANSITIONS, VERBS, expire_commands
from collector.gateways.models import Command


@click.group("command")
def fleet():
    """What terminals are asked to do, and what came of it."""


@fleet.command("send")
@click.argument("terminal_id")
@click.argument("verb", type=click.Choice(VERBS))
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="What the command carries; repeatable.")
@click.option("--reason", required=True, help="Why; it is kept with the command.")
@click.option("--issuer", default=getpass.getuser, help="Who asks.  [default: the account you are signed in with]")
@click.option(
    "--expires-min", default=60, show_default=True, type=click.IntRange(1, 43200), help="Minutes it may wait."
)
def send(terminal_id, verb, pairs, reason, issuer, expires_min):
    """Ask a terminal to do something; prints the command's number."""
    body = dict(_pair(text) for text in pairs)
    click.echo(gateways.send_command(terminal_id, verb, body, issuer, reason, expires_min, now_ms()))


def _pair(text):
    """(name, value) of name=value; the value is JSON where it reads as such, else a text."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ActionError(f"--set {text!r} is not NAME=VALUE; write for example --set window_s=5")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@fleet.command("list")
@click.option("--terminal", "terminal_id", help="Of this terminal alone.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(1, 10_000))
def show_all(terminal_id, most):
    """Say number, terminal, verb, state, issuer and reason, the newest first."""
    expire_commands(now_ms())
    found = Command.select().order_by(Command.id.desc()).limit(most)
    if terminal_id:
        found = found.where(Command.terminal_id == terminal_id)
    for one in found:
        click.echo(f"{one.id}\t{one.terminal_id}\t{one.verb}\t{one.state}\t{one.issuer}\t{one.reason}")


@fleet.command("show")
@click.argument("number", type=int)
def show(number):
    """Say all of one command: who, why, and every change of its state with time and result."""
    expire_commands(now_ms())
    one = gateways.command_numbered(number)
    click.echo(f"{one.id}\t{one.terminal_id}\t{one.verb}\t{one.body}")
    click.echo(f"{one.issuer}\t{one.reason}\texpires {instant(one.expires_ms)}")
    for step in sorted(one.steps, key=lambda step: (step.ts_ms, list(TRANSITIONS).index(step.state))):
        click.echo(f"{instant(step.ts_ms)}\t{step.state}\t{step.result or ''}")


def instant(ts_ms):
    """An instant as a person reads it, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ts_ms / 1000)) + " UTC"
