"""The demo's hospital: what stands in it, and how its collector, gateways and terminals are set up and started."""

import json
import secrets
import socket
import time
from collections import namedtuple

from collector import accounts, db, equipment, gateways
from collector.config import FILE, read_settings
from collector.errors import ActionError
from firmware.protocol.identity import identity_text

Machine = namedtuple("Machine", ("terminal_id", "gateway_id", "kind", "name", "maker", "model", "room", "full_scale_a"))

MACHINES = (
    Machine("ct-01", "gw-imaging", "CT", "CT 1", "Northfield", "Spectra 256", "Imaging 1", 300),
    Machine("ct-02", "gw-imaging", "CT", "CT 2 emergency", "Lanhe", "Aurora 128", "Emergency 2", 300),
    Machine("mri-01", "gw-imaging", "MRI", "MRI 3 T", "Northfield", "Tesla Three", "Imaging 4", 150),
    Machine("pet-01", "gw-therapy", "PET_CT", "PET/CT", "Orient Medical", "Duo 64", "Nuclear 1", 300),
    Machine("dsa-01", "gw-therapy", "DSA", "DSA", "Lanhe", "Vessel 7", "Theatre 6", 50),
    Machine("linac-01", "gw-therapy", "LINAC", "LINAC", "Isocentre", "Arc 6", "Bunker 1", 100),
)
GATEWAYS = ("gw-imaging", "gw-therapy")
SHUNT_OHM = 10.0
WINDOW_S = 10
LED_PIN = 25  # what its light does is said in the terminal's pins.log
FIRST_MINUTE_MS = 1_577_836_800_000  # 2020-01-01 UTC

Site = namedtuple("Site", ("folder", "url", "port", "broker_ports", "codes", "secrets", "started_ms"))


def build(folder, port, user, password):
    """Make the collector's state and all identities. The Site."""
    data, now_ms = folder / "collector", round(time.time() * 1000)
    db.open_database(data, make=True)
    db.migrate()
    gateways.init_ca(data)
    gateways.issue_server(data, ("127.0.0.1", "localhost"), read_settings(data)["certificate_years"], now_ms)
    (folder / "ca.pem").write_bytes(gateways.ca_pem(data, gateways.A02))
    (data / FILE).write_text('second_factor_roles = ""  # the demo: on loopback, one password, printed\n')
    accounts.add_administrator(user, password, now_ms)
    codes = {gateway_id: gateways.add_gateway(gateway_id, 1, now_ms) for gateway_id in GATEWAYS}
    keys = {machine.terminal_id: secrets.token_bytes(32) for machine in MACHINES}
    for machine in MACHINES:
        _register(data, machine, keys[machine.terminal_id], now_ms)
    db.database.close()
    ports = dict(zip(GATEWAYS, free_ports(len(GATEWAYS)), strict=True))
    return Site(folder, f"https://127.0.0.1:{port}", port, ports, codes, keys, now_ms)


def first_boot_no(site):
    """Minutes since 2020-01-01: what provisioning gives a terminal; history lies in the boot before it."""
    return (site.started_ms - FIRST_MINUTE_MS) // 60_000


def asset_number(machine):
    """The number on the machine's plate."""
    return f"A-{seed_of(machine):04d}"


def _register(data, machine, key, now_ms):
    fields = {
        "asset_number": asset_number(machine),
        "name": machine.name,
        "kind": machine.kind,
        "maker": machine.maker,
        "model": machine.model,
        "serial": f"SN{seed_of(machine):05d}",
        "institution": "Taihu Hospital",
        "department": "Radiotherapy" if machine.kind == "LINAC" else "Radiology",
        "room": machine.room,
    }
    equipment.add_equipment(fields, now_ms)
    gateways.add_terminal(data, machine.terminal_id, key, now_ms)
    gateways.assign_terminal(machine.terminal_id, machine.gateway_id)
    equipment.bind(machine.terminal_id, fields["asset_number"], now_ms)


def free_ports(count):
    """Port numbers on loopback that nothing listens on."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def require_free(port):
    """Raise ActionError when something listens on a port already, before anything of an earlier demo is touched."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise ActionError(f"port {port}: {error.strerror}; is another demo running? choose another --port") from error


def open_collector(site, processes):
    """Serve pages and gateways."""
    processes.start("collector", "collector", "--data", site.folder / "collector", "serve", "--port", site.port)
    processes.wait_for("collector", "collector ready")


def open_gateways(site, processes, more=""):
    """Enrol both gateways with their codes, then run them. `more` is TOML for both."""
    for gateway_id in GATEWAYS:
        config = site.folder / gateway_id / "gateway.toml"
        config.parent.mkdir(mode=0o700)
        config.write_text(
            f'state = "{config.parent / "state"}"\n\n'
            f'[collector]\nurl = "{site.url}"\nca = "{site.folder / "ca.pem"}"\n'
            "terminals_every_s = 2\n\n"
            f'[mqtt]\nhost = "127.0.0.1"\nport = {site.broker_ports[gateway_id]}\n{more}'
        )
        words = ("firmware.gateway", "--config", config)
        processes.call(*words, "enrol", "--code", site.codes[gateway_id], "--name", "127.0.0.1")
        run_gateway(site, processes, gateway_id)


def run_gateway(site, processes, gateway_id):
    """Run an enrolled gateway."""
    processes.start(gateway_id, "firmware.gateway", "--config", site.folder / gateway_id / "gateway.toml", "run")
    processes.wait_for(gateway_id, "gateway ready")


def start_terminals(site, processes, machines=MACHINES, **settings):
    """Write each terminal's identity as the flasher would, and start it on the simulated board."""
    for machine in machines:
        folder = site.folder / machine.terminal_id
        folder.mkdir(mode=0o700)
        (folder / "ca.der").write_bytes(gateways.ca_der(site.folder / "collector", gateways.A01))
        (folder / "identity.json").write_text(identity_text(_identity(site, machine, settings)))
        board = {"equipment": machine.kind, "seed": seed_of(machine), "shunt_ohm": SHUNT_OHM}
        (folder / "simulated.json").write_text(json.dumps({**board, "full_scale_a": machine.full_scale_a}))
        processes.start(machine.terminal_id, "boards.simulated.run", folder)


def seed_of(machine):
    """What makes this machine's days its own, live and in the history."""
    return MACHINES.index(machine) + 1


def _identity(site, machine, settings):
    port = site.broker_ports[machine.gateway_id]
    road = {"gateway_id": machine.gateway_id, "host": "127.0.0.1", "port": port, "server_name": "127.0.0.1"}
    loop = {"kind": "loop_4_20ma", "address": 64, "shunt_ohm": SHUNT_OHM, "full_scale_a": machine.full_scale_a}
    return {
        "schema": 1,
        "terminal_id": machine.terminal_id,
        "secret": site.secrets[machine.terminal_id].hex(),
        "first_boot_no": first_boot_no(site),
        "gateways": [road],
        "ca": "ca.der",
        "sensors": [{"kind": "sht4x", "address": 68}, loop],
        "settings": {"window_s": WINDOW_S, **settings},
        "led": LED_PIN,
    }
