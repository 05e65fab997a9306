"""The commands of this room: user, token."""

import secrets
import sys

import click

from collector import accounts
from collector.accounts import ApiToken
from collector.clock import now_ms


@click.group()
def user():
    """People who sign in."""


@user.command("admin")
@click.argument("name")
@click.option("--generate", is_flag=True, help="Make a password and print it, to a terminal only.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of the standard input.")
def admin(name, generate, password_stdin):
    """Add an administrator."""
    if generate and not sys.stdout.isatty():
        raise click.ClickException("a password is printed to a terminal only; use --password-stdin here")
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif generate:
        password = secrets.token_urlsafe(12)
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    accounts.add_administrator(name, password, now_ms())
    click.echo(f"administrator {name} added" + (f", password {password}" if generate else ""))


@click.group()
def token():
    """Tokens of programs that use /api/v1."""


@token.command("add")
@click.argument("name")
@click.option("--scope", default=accounts.READ, show_default=True, type=click.Choice(accounts.SCOPES))
@click.option("--days", type=click.IntRange(1), help="It ends after so many. [default: it does not end]")
def add(name, scope, days):
    """Make a token and print it, this one time."""
    click.echo(accounts.add_token(name, now_ms(), scope, days))


@token.command("list")
def list_tokens():
    """Name the tokens."""
    for one in ApiToken.select().order_by(ApiToken.name):
        ended = one.expires_ms is not None and one.expires_ms < now_ms()
        click.echo(f"{one.name}\t{'revoked' if one.revoked_ms else 'ended' if ended else 'valid'}\t{one.scope}")


@token.command("revoke")
@click.argument("name")
def revoke(name):
    """End a token."""
    accounts.revoke_token(name, now_ms())


COMMANDS = (user, token)
