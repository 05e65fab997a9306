"""The commands of this room: gateway, terminal, ca."""

import getpass
import json
import sys
from pathlib import Path

import click

from collector import gateways
from collector.clock import now_ms
from collector.config import read_settings
from collector.errors import ActionError
from collector.gateways import Gateway, Refusal, Terminal, certificates, credentials, registration
from collector.gateways.fleet_commands import fleet, instant
from collector.gateways.rollout_commands import image, rollout


@click.group()
def gateway():
    """What carries between terminals and this collector."""


@gateway.command("add")
@click.argument("gateway_id")
@click.pass_obj
def add_gateway(data_dir, gateway_id):
    """Print a code with which the gateway enrols, once."""
    click.echo(gateways.add_gateway(gateway_id, read_settings(data_dir)["enrol_code_h"], now_ms()))


@gateway.command("list")
def list_gateways():
    """Name the gateways."""
    for one in Gateway.select().order_by(Gateway.gateway_id):
        state = "revoked" if one.revoked_ms else "enrolled" if one.enrolled_ms else "waiting for its code"
        click.echo(f"{one.gateway_id}\t{state}\t{one.version or ''}")


@gateway.command("refusals")
def list_refusals():
    """Say what was refused: interface, gateway, terminal, code, count."""
    for one in Refusal.select().order_by(Refusal.last_ms.desc()):
        click.echo(f"{one.interface}\t{one.gateway}\t{one.terminal}\t{one.code}\t{one.count}")


@gateway.command("renew")
@click.argument("gateway_id")
def renew_gateway(gateway_id):
    """Have a gateway fetch a new credential and certificate; the old ones end with their first use."""
    credentials.ask_renewal(gateway_id)


@gateway.command("revoke")
@click.argument("gateway_id")
def revoke_gateway(gateway_id):
    """End a gateway: its credential is refused."""
    gateways.revoke_gateway(gateway_id, now_ms())


@click.group()
def terminal():
    """What senses the equipment."""


@terminal.command("add")
@click.argument("terminal_id")
@click.option("--secret-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--secret-stdin", is_flag=True, help="Read the secret from the first line of the standard input.")
@click.pass_obj
def add_terminal(data_dir, terminal_id, secret_file, secret_stdin):
    """Register a terminal with its secret: 64 hexadecimal characters."""
    if bool(secret_file) == secret_stdin:
        raise ActionError("give the secret by --secret-file or by --secret-stdin")
    text = sys.stdin.readline() if secret_stdin else secret_file.read_text()
    try:
        secret = bytes.fromhex(text.strip())
    except ValueError:
        raise ActionError(f"the secret of {terminal_id} is not hexadecimal; write 64 characters 0-9 a-f") from None
    gateways.add_terminal(data_dir, terminal_id, secret, now_ms())


@terminal.command("host")
@click.argument("terminal_id")
@click.option("--gateway", "gateway_id", required=True, help="The gateway that is to carry what it says.")
@click.option("--host", "address", required=True, help="Host name or address by which it reaches that gateway.")
@click.option("--port", default=8883, show_default=True, type=click.IntRange(1, 65535))
@click.option("--road", default="mqtt", show_default=True, type=click.Choice(("mqtt", "http")))
@click.option("--server-name", help="Name in the gateway's certificate.  [default: that of --host]")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to bring to it.")
@click.pass_obj
def add_host(data_dir, terminal_id, gateway_id, address, port, road, server_name, out):
    """Register a host agent; its identity, with its secret, goes into the folder --out and nowhere else."""
    row = {"gateway_id": gateway_id, "host": address, "port": port, "server_name": server_name or address, "road": road}
    registration.add_host(data_dir, terminal_id, [row], out, now_ms())
    click.echo(f"{out}/identity.json and {out}/ca.der: bring both to {terminal_id}, then delete them here")


@terminal.command("list")
def list_terminals():
    """Name terminals and gateways; then seen, version, slot, signal, heap, readings kept, refusals: what each said."""
    _list(Terminal.wrapped_secret.is_null(False))


def _list(which):
    statuses = gateways.statuses()
    for one in Terminal.select().where(which).order_by(Terminal.terminal_id):
        gateway_id = one.gateway.gateway_id if one.gateway else ""
        line = f"{one.terminal_id}\t{gateway_id}\t{'revoked' if one.revoked_ms else 'valid'}"
        if one.terminal_id in statuses:
            line += "\t" + "\t".join(_said(*statuses[one.terminal_id]))
        click.echo(line)


def _said(ts_ms, said):
    """What a terminal said of itself, as columns; a dash for what it did not say."""
    outbox, refused = said.get("outbox"), said.get("refused")
    kept = outbox.get("memory") if isinstance(outbox, dict) else None
    codes = sorted(f"{code}: {count}" for code, count in refused.items()) if isinstance(refused, dict) else ()
    plain = [said.get(name) for name in ("version", "slot", "rssi_dbm", "heap_free")] + [kept]
    return [instant(ts_ms), *("-" if one is None else str(one) for one in plain), ", ".join(codes) or "-"]


@terminal.command("assign")
@click.argument("terminal_id")
@click.argument("gateway_id")
def assign_terminal(terminal_id, gateway_id):
    """Let this gateway, and no other, carry the terminal's readings."""
    gateways.assign_terminal(terminal_id, gateway_id)


@terminal.command("revoke")
@click.argument("terminal_id")
def revoke_terminal(terminal_id):
    """End a terminal: no gateway gets its key, its readings are refused."""
    gateways.revoke_terminal(terminal_id, now_ms())


@terminal.command("rotate")
@click.argument("terminal_id")
@click.option("--reason", required=True, help="Why; it is kept with the command.")
@click.option("--issuer", default=getpass.getuser, help="Who asks.  [default: the account you are signed in with]")
@click.option("--expires-min", default=1440, show_default=True, type=click.IntRange(1, 43200), help="Minutes to wait.")
@click.pass_obj
def rotate_secret(data_dir, terminal_id, reason, issuer, expires_min):
    """Replace a terminal's secret, and with it every key made of it; prints the command's number."""
    click.echo(gateways.rotate(data_dir, terminal_id, issuer, reason, expires_min, now_ms()))


@terminal.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_terminals(data_dir, files):
    """Register terminals from the sealed hand-over files of a flasher; a refused file leaves the others be."""
    refused = 0
    for file in files:
        try:
            terminal_id, new = registration.import_handover(data_dir, file.read_bytes(), now_ms())
            click.echo(f"{file}\t{terminal_id}\t{'registered' if new else 'known already, the same'}")
        except ActionError as error:
            refused += 1
            click.echo(f"{file}\trefused\t{error}", err=True)
    if refused:
        raise ActionError(f"{refused} of {len(files)} files were refused; the others are registered")


@terminal.command("journal")
@click.argument("terminal_id")
def show_journal(terminal_id):
    """What the flasher's journal says of a terminal, a line of JSON per action."""
    gateways.terminal_named(terminal_id)
    for line in gateways.journal_of(terminal_id):
        click.echo(json.dumps(line, ensure_ascii=False))


@click.group()
def handover():
    """Registration of terminals without a network, by sealed files."""


@handover.command("key")
@click.pass_obj
def handover_key(data_dir):
    """Print the public key that flashers seal hand-over files to; it is no secret."""
    click.echo(registration.handover_public(data_dir))


@click.group()
def source():
    """What a gateway asks by itself: a chiller, a meter, a UPS. `terminal assign` and `terminal revoke` take it too."""


@source.command("add")
@click.argument("source_id")
@click.argument("gateway_id")
def add_source(source_id, gateway_id):
    """Let this gateway, and no other, carry what the source says. It has no secret."""
    gateways.add_source(source_id, gateway_id, now_ms())


@source.command("list")
def list_sources():
    """Name the sources and their gateways."""
    _list(Terminal.wrapped_secret.is_null())


@click.group()
def ca():
    """The site's two certificate authorities."""


@ca.command("init")
@click.pass_obj
def init_ca(data_dir):
    """Make both authorities, once."""
    certificates.init_ca(data_dir)


@ca.command("server")
@click.option("--name", "names", multiple=True, required=True, help="A host name or address of the collector.")
@click.pass_obj
def issue_server(data_dir, names):
    """Make this collector's own key and certificate."""
    certificates.issue_server(data_dir, names, read_settings(data_dir)["certificate_years"], now_ms())


@ca.command("export")
@click.option("--der", "der_file", type=click.Path(dir_okay=False, path_type=Path), help="For terminals: A01.")
@click.option("--pem", "pem_file", type=click.Path(dir_okay=False, path_type=Path), help="For gateways: A02.")
@click.pass_obj
def export_ca(data_dir, der_file, pem_file):
    """Write what terminals check (DER) and what gateways check (PEM)."""
    if not der_file and not pem_file:
        raise ActionError("name a file: --der for terminals, --pem for gateways")
    if der_file:
        der_file.write_bytes(certificates.ca_der(data_dir, certificates.A01))
    if pem_file:
        pem_file.write_bytes(certificates.ca_pem(data_dir, certificates.A02))


COMMANDS = (gateway, terminal, handover, source, ca, fleet, image, rollout)
