"""The commands of this room: user, token."""

import secrets
import sys

import click

from collector import accounts
from collector.accounts import ADMINISTRATORS, ApiToken, User
from collector.clock import now_ms
from collector.config import read_settings


@click.group()
def user():
    """People who sign in."""


@user.command("admin")
@click.argument("name")
@click.option("--role", default=ADMINISTRATORS[0], show_default=True, type=click.Choice(ADMINISTRATORS))
@click.option("--generate", is_flag=True, help="Make a password and print it, to a terminal only.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of the standard input.")
def admin(name, role, generate, password_stdin):
    """Add an administrator: of the system, of security (who may do what), or the auditor; none is two of them."""
    if generate and not sys.stdout.isatty():
        raise click.ClickException("a password is printed to a terminal only; use --password-stdin here")
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif generate:
        password = secrets.token_urlsafe(15)
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    accounts.add_administrator(name, password, now_ms(), role)
    click.echo(f"administrator {name} added" + (f", password {password}" if generate else ""))


@user.command("list")
def list_users():
    """Name who has an account: role, second factor, state."""
    for one in User.select().order_by(User.name):
        state = "ended" if one.disabled_ms else "valid" if one.password_hash else "invited"
        click.echo(f"{one.name}\t{one.role}\t{'second factor' if one.totp else '-'}\t{state}")


@user.command("invite")
@click.argument("name")
@click.pass_obj
def invite(data_dir, name):
    """Print the end of the address at which a person sets a password anew, once: for who lost it, or the factor."""
    hours = read_settings(data_dir)["invitation_h"]
    click.echo(f"/invitation/{accounts.invite(accounts.user_named(name), hours, now_ms())}")


@click.group()
def token():
    """Tokens of programs that use /api/v1."""


@token.command("add")
@click.argument("name")
@click.option("--scope", default=accounts.READ, show_default=True, type=click.Choice(accounts.SCOPES))
@click.option("--days", type=click.IntRange(1), help="It ends after so many. [default: it does not end]")
@click.option("--user", "user_name", help="It sees what this person sees, and ends with the account.")
@click.option("--from", "networks", default="", help="Only from these networks: 10.1.2.0/24, 10.1.2.3.")
def add(name, scope, days, user_name, networks):
    """Make a token and print it, this one time."""
    click.echo(accounts.add_token(name, now_ms(), scope, days, user_name, networks))


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
