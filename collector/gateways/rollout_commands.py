"""The commands `image` and `rollout`: new firmware for terminals, ring after ring."""

import getpass
from pathlib import Path

import click

from collector.clock import now_ms
from collector.gateways import images, rollouts
from collector.gateways.fleet_commands import instant
from collector.gateways.models import Image, Rollout


@click.group("image")
def image():
    """Signed images for terminals."""


@image.command("trust")
@click.argument("keys_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def trust(data_dir, keys_file):
    """Trust the release keys of a keys.bin; a later list must be signed by two keys of the one before."""
    images.trust(data_dir, keys_file.read_bytes())


@image.command("add")
@click.argument("image_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def add(data_dir, image_file):
    """Take in an image that a trusted key signed; prints its id, board and version."""
    one = images.add_image(data_dir, image_file.read_bytes(), now_ms())
    click.echo(f"{one.image_id}\t{one.board}\t{one.version}")


@image.command("list")
def list_images():
    """Name the images."""
    for one in Image.select().order_by(Image.added_ms):
        click.echo(f"{one.image_id}\t{one.board}\t{one.version}\t{one.size} bytes")


@click.group("rollout")
def rollout():
    """An image on its way to the terminals of its board."""


@rollout.command("start")
@click.argument("image_id")
@click.option("--rings", default="1,10%,rest", show_default=True, help="How many terminals at a time.")
@click.option("--within-min", default=60, show_default=True, type=click.IntRange(1, 10080), help="Time to confirm.")
@click.option("--failures", default=1, show_default=True, type=click.IntRange(1), help="So many failures halt it.")
@click.option("--reason", required=True, help="Why; it is kept with the rollout.")
@click.option("--issuer", default=getpass.getuser, help="Who asks.  [default: the account you are signed in with]")
def start(image_id, rings, within_min, failures, reason, issuer):
    """Begin with the first ring; prints the rollout's number."""
    click.echo(rollouts.start_rollout(image_id, rings, within_min, failures, issuer, reason, now_ms()).id)


@rollout.command("list")
def list_rollouts():
    """Say number, board, version, ring, state and why, the newest first."""
    for one in Rollout.select().order_by(Rollout.id.desc()):
        click.echo(f"{one.id}\t{one.image.board}\t{one.image.version}\tring {one.ring + 1}\t{one.state}\t{one.why}")


@rollout.command("show")
@click.argument("number", type=int)
def show(number):
    """Say every terminal of a rollout: ring, state, since when, what went wrong."""
    one = rollouts.rollout_numbered(number)
    click.echo(f"{one.image.version}\t{one.rings}\tring {one.ring + 1}\t{one.state}\t{one.issuer}\t{one.reason}")
    for terminal in rollouts.terminals_of_rollout(one):
        told = f"{terminal.terminal_id}\tring {terminal.ring + 1}\t{terminal.state}\t{instant(terminal.since_ms)}"
        click.echo(f"{told}\t{terminal.error}")


@rollout.command("halt")
@click.argument("number", type=int)
@click.option("--reason", required=True)
def halt(number, reason):
    """Offer it to nobody any more."""
    rollouts.halt(number, reason)


@rollout.command("resume")
@click.argument("number", type=int)
def resume(number):
    """Go on where it was halted; what failed is tried again."""
    rollouts.resume(number, now_ms())
