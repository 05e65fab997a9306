"""`python -m collector`: serve, migrate, and the commands of the rooms. Every command calls the action a page calls."""

import getpass
import logging
import sys
from pathlib import Path

import click

from collector import audit, db
from collector.accounts import commands as accounts_commands
from collector.audit import commands as audit_commands
from collector.equipment import commands as equipment_commands
from collector.errors import ActionError, Away
from collector.events import commands as events_commands
from collector.gateways import commands as gateways_commands
from collector.running import commands as running_commands

SWITCH_S = 0.001  # a request asks the database many times, and waits so long each time while another thread computes
NEEDS_NO_DATABASE = ("analyse", "ca", "demo", "event", "migrate", "serve")


class Main(click.Group):
    """Says an ActionError in one line and ends with status 1."""

    def invoke(self, context):
        """What the command gives."""
        try:
            return super().invoke(context)
        except (ActionError, Away) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Main, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data", default="data", envvar="GANTRY_DATA", type=click.Path(file_okay=False, path_type=Path), show_default=True
)
@click.pass_context
def main(context, data):
    """The platform of Gantry. All its state lives in the folder --data (or GANTRY_DATA)."""
    context.obj = data
    audit.act_as(f"{getpass.getuser()} at the command line")
    if context.invoked_subcommand not in NEEDS_NO_DATABASE and "--help" not in sys.argv and "-h" not in sys.argv:
        db.open_database(data)
        db.require_current(data)


@main.command()
@click.pass_obj
def migrate(data):
    """Make the database, or bring it up to date."""
    db.open_database(data, make=True)
    for name in db.migrate():
        click.echo(f"added {name}")
    from collector import readings  # here, because every other command starts faster without arrays

    for said in readings.migrate_store():
        click.echo(f"added on ClickHouse {said}")


@main.command()
def check():
    """Open every block of readings and every file, count every number; status 1 when something is not as stored."""
    from collector import files, readings  # here, because every other command starts faster without arrays

    bad = 0
    for found in readings.check():
        wrong = [*found.damaged]
        for what in ("lost", "unknown", "doubled"):
            wrong += [f"{what}: {first} to {last}" for first, last in getattr(found, what)]
        click.echo(f"{found.terminal_id}: {found.readings} readings, " + ("; ".join(wrong) or "all whole"))
        bad += bool(wrong)
    spoilt = [f"file {file.id} {file.name}: {fault}" for file, fault in files.damaged()]
    for arrival, fault in files.torn():
        where = fault if fault == "gone" else f"another from byte {fault} on"
        spoilt.append(f"arrival {arrival.id} of {arrival.about} {arrival.name}: {where}")
    for said in spoilt:
        click.echo(said)
    if bad or spoilt:
        told = f"{bad} terminals and {len(spoilt)} files are not as they were stored"
        raise ActionError(f"{told}; look at the disk, then restore")


@main.command("copy-readings")
@click.argument("url")
def copy_readings(url):
    """Bring readings of the database onto the ClickHouse cluster of URL, beside a collector that goes on.

    Only what is missing there is copied: it may be cut and begun again. Status 1 when something did not get there.
    """
    from collector.readings import copying  # here, because every other command starts faster without arrays

    bad = 0
    for said, is_whole in copying.copy_to(url):
        click.echo(said)
        bad += not is_whole
    if bad:
        raise ActionError(f"{bad} terminals have readings that are not on the cluster; run it again, look at `check`")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8443, show_default=True, type=click.IntRange(0, 65535))
@click.option("--cert", type=click.Path(dir_okay=False, path_type=Path), help="[default: DATA/tls/server.crt]")
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="[default: DATA/tls/server.key]")
@click.option("--plain", is_flag=True, help="No TLS; on loopback only.")
@click.pass_obj
def serve(data, host, port, cert, key, plain):
    """Serve pages and gateways until a signal ends it."""
    from collector import schedule  # here, because every other command starts faster without these
    from collector.app import create_app
    from collector.server import serve as serve_app

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    cert, key = (None, None) if plain else (cert or data / "tls/server.crt", key or data / "tls/server.key")
    if cert and not cert.exists():
        raise ActionError(f"{cert} is missing; run `python -m collector --data {data} ca server --name {host}`")
    sys.setswitchinterval(SWITCH_S)
    app = create_app(data)
    client_ca = data / "ca/a01.crt" if cert and app.config["SETTINGS"]["client_certificate"] else None
    with db.serving(), schedule.running(app.config["SETTINGS"]):
        serve_app(app, host, port, cert, key, client_ca)


@main.command()
@click.option("--folder", default=".demo", show_default=True, type=click.Path(file_okay=False), help="Made anew.")
@click.option("--seconds", default=0, show_default=True, type=click.IntRange(0), help="0: until Ctrl-C.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(0), help="Days of history to bring.")
@click.option("--port", default=8443, show_default=True, type=click.IntRange(1, 65535))
def demo(folder, seconds, days, port):
    """Run the whole chain on this machine: a hospital with terminals, gateways and this collector."""
    from collector import demo as whole_chain  # here, because no other command needs it

    sys.exit(whole_chain.run(folder, seconds, days, port))


of_readings = (equipment_commands, gateways_commands, running_commands, events_commands)
for room in (accounts_commands, audit_commands, *of_readings):
    for command in room.COMMANDS:
        main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m collector")
