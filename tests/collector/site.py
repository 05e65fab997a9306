"""A small hospital for the collector's tests: two gateways, two terminals, one CT, one administrator, one token."""

import gzip
import json
import re
import time
from pathlib import Path

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from collector import accounts, audit, db, equipment, gateways, readings
from collector.app import create_app
from collector.config import FILE
from collector.gateways import certificates

PASSWORD = "a password for tests"
NO_FACTOR = 'second_factor_roles = ""\n'  # most tests sign in by name and password; test_second_factor.py does not
NO_PACE = "api_per_min = 1000000\n"  # and ask faster than a program may; test_api.py does not
SECRETS = {"ct-01": bytes(range(32)), "mri-01": bytes(range(32, 64))}
BASE = "https://localhost"
BOOT = 1 << 24
CT = {
    "asset_number": "A-0001",
    "name": "CT 1",
    "kind": "CT",
    "maker": "Maker",
    "model": "Model",
    "serial": "S-1",
    "institution": "Hospital",
    "department": "Radiology",
    "room": "Room 1",
}


def now_ms():
    return time.time_ns() // 1_000_000


def build(data_dir):
    """Fill a folder; the credentials by gateway id and the API token."""
    audit.act_as("collector")  # and nobody who ran a command in an earlier test
    db.open_database(data_dir, make=True)
    db.migrate()
    certificates.init_ca(data_dir)
    (Path(data_dir) / FILE).write_text(NO_FACTOR + NO_PACE)
    accounts.add_administrator("admin", PASSWORD, now_ms())
    credentials = {gateway_id: enrolled(data_dir, gateway_id) for gateway_id in ("gw-1", "gw-2")}
    for terminal_id, gateway_id in (("ct-01", "gw-1"), ("mri-01", "gw-2")):
        gateways.add_terminal(data_dir, terminal_id, SECRETS[terminal_id], now_ms())
        gateways.assign_terminal(terminal_id, gateway_id)
    equipment.add_equipment(CT, now_ms())
    equipment.bind("ct-01", "A-0001", now_ms())
    credentials["token"] = accounts.add_token("test", now_ms())
    db.database.close()
    return credentials


def enrolled(data_dir, gateway_id):
    """The credential of a new gateway."""
    code = gateways.add_gateway(gateway_id, 24, now_ms())
    return gateways.enrol(data_dir, code, "0.1.0", csr(), 5, now_ms())["credential"]


def csr(names=("localhost",)):
    """A certificate request as a gateway makes it, PEM."""
    builder = x509.CertificateSigningRequestBuilder()
    builder = builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "any")]))
    if names:
        hosts = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(hosts, critical=False)
    request = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


class Site:
    """The hospital with its application open, seen from gateways and from a browser without scripts."""

    def __init__(self, data_dir, credentials, settings=None):
        self.data_dir, self.credentials = Path(data_dir), credentials
        self.app = create_app(data_dir, settings)
        self.client = self.app.test_client()

    def close(self):
        db.database.close()

    def get(self, path, **headers):
        return self.client.get(path, base_url=BASE, headers=headers)

    def bearer(self, name):
        return {"Authorization": f"Bearer {self.credentials[name]}"}

    def post(self, path, body, gateway="gw-1", **headers):
        """Post JSON, or bytes as they are, with a gateway's credential."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json"} | (self.bearer(gateway) if gateway else {}) | headers
        return self.client.post(path, base_url=BASE, data=data, headers=given)

    def upload(self, *blocks, gateway="gw-1", records=(), gaps=()):
        """The answer to one batch, which has to be 200."""
        body = {"sent_ms": now_ms(), "readings": list(blocks), "records": list(records), "gaps": list(gaps)}
        answer = self.post("/a02/v1/batches", body, gateway)
        assert answer.status_code == 200, answer.text
        return answer.json

    def sign_in(self, name="admin", password=PASSWORD, path="/sign-in"):
        page = self.get(path).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
        form = {"csrf_token": token, "name": name, "password": password}
        return self.client.post(path, base_url=BASE, data=form, headers={"Referer": BASE + path})

    def rows(self, sql):
        with self.app.app_context():
            return db.rows(sql)


def block(first=1, count=3, terminal_id="ct-01", start_ms=None, every_ms=10_000, columns=None, **more):
    """Readings as A02 carries them: numbers from `first` on, ending now unless start_ms says otherwise."""
    start_ms = now_ms() - count * every_ms if start_ms is None else start_ms
    seq = [BOOT + first + n for n in range(count)]
    columns = columns or {"temperature_c": [2100 + n for n in range(count)], "current_a": [5000] * count}
    ts_ms = [start_ms + n * every_ms for n in range(count)]
    return {"terminal_id": terminal_id, "seq": seq, "ts_ms": ts_ms, "columns": columns} | more


def zipped(body):
    return gzip.compress(json.dumps(body).encode())


def refused(answer):
    """The codes of what a batch's answer refuses."""
    return [one["code"] for one in answer["refused"]]


def stored(site):
    """The numbers of the readings that are stored, from 1."""
    return sorted(seq - BOOT for terminal_id in SECRETS for seq in readings_of(site, terminal_id).seq.tolist())


def readings_of(site, terminal_id="ct-01", *channels):
    """Columns of everything stored of a terminal, in the order of time; of no length when there is nothing."""
    with site.app.app_context():
        return kept_of(terminal_id, *channels)


def kept_of(terminal_id, *channels):
    """The same, of the database that is open."""
    found = readings.span(terminal_id, channels, 0, 2**50)
    return found or readings.Columns(*[np.array([], np.int64)] * 5, {}, {})
