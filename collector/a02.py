"""The door for gateways: enrol, ask for terminals, upload. Routes and codes stand in docs/interfaces.md."""

import json
import zlib

import msgspec
from flask import Blueprint, current_app, g, jsonify, request, send_file

from collector import audit, batch, commits, db, gateways, readings, sift
from collector.clock import now_ms
from collector.gateways import Gateway, Refusal, Terminal

CERTIFICATE = "client_certificate_sha256"  # where the server says what a connection has shown
MAX_BODY = 4 * 1024 * 1024
STATUS = {
    "credential_missing": 401,
    "credential_wrong": 401,
    "certificate_wrong": 401,
    "credential_revoked": 401,
    "enrol_code_wrong": 403,
    "body_truncated": 400,
    "body_oversized": 413,
    "body_encoding": 415,
    "body_invalid": 400,
    "image_unknown": 404,
}

door = Blueprint("a02", __name__, url_prefix="/a02/v1")


class Refused(Exception):
    """A request that is refused whole; `code` is one of STATUS."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class _Enrolment(msgspec.Struct):
    code: str
    version: str
    csr: str


class _Renewal(msgspec.Struct):
    csr: str


@door.errorhandler(Refused)
@door.errorhandler(batch.BodyRefused)
def refuse(refused):
    """The answer to a refused request; the refusal is counted."""
    gateway = g.gateway.gateway_id if "gateway" in g else ""
    with db.write():
        Refusal.add("A02", gateway, "", refused.code, 1, now_ms())
    return jsonify(code=refused.code, error=str(refused)), STATUS[refused.code]


@door.before_request
def require_gateway():
    """Every route but enrolment needs the credential of a gateway that was not revoked."""
    if request.endpoint == "a02.enrol":
        return
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise Refused("credential_missing", "the request has no bearer credential; enrol the gateway")
    gateway, certificate = gateways.gateway_of_credential(credential.strip(), now_ms())
    if gateway is None:
        raise Refused("credential_wrong", "the credential is not known; enrol the gateway again")
    audit.act_as(f"gateway {gateway.gateway_id}", "gateway", request.remote_addr or "")
    g.gateway = gateway
    if gateway.revoked_ms is not None:
        raise Refused("credential_revoked", f"gateway {gateway.gateway_id} was revoked; ask the administrator")
    if current_app.config["SETTINGS"]["client_certificate"] and not _shows(certificate):
        raise Refused(
            "certificate_wrong", "the connection does not show the certificate of this credential; enrol again"
        )


def _shows(certificate):
    """Whether the other side of this very connection has proved that it holds a certificate, by its SHA-256."""
    shown = request.environ.get("asgi.scope", {}).get("state", {}).get(CERTIFICATE)
    return certificate is not None and shown == certificate


@door.post("/enrol")
def enrol():
    """A code that serves once becomes a credential and a certificate."""
    body = _body()
    try:
        asked = msgspec.json.decode(body, type=_Enrolment)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("body_invalid", f"{error}; send code, version and csr") from None
    config = current_app.config
    years = config["SETTINGS"]["certificate_years"]
    try:
        granted = gateways.enrol(config["DATA_DIR"], asked.code, asked.version[:64], asked.csr, years, now_ms())
    except gateways.CodeWrong:
        raise Refused("enrol_code_wrong", "the enrolment code is unknown, used or too old; make a new one") from None
    except ValueError as error:
        raise Refused("body_invalid", f"$.csr is no certificate request: {error}; update the gateway") from None
    return jsonify(granted), 201


@door.post("/credential")
def credential():
    """A new credential and certificate for a request; the ones that count end with the first use of the new."""
    try:
        asked = msgspec.json.decode(_body(), type=_Renewal)
        config = current_app.config
        years = config["SETTINGS"]["certificate_years"]
        return jsonify(gateways.renew(config["DATA_DIR"], g.gateway, asked.csr, years, now_ms())), 201
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("body_invalid", f"{error}; send csr") from None
    except ValueError as error:
        raise Refused("body_invalid", f"$.csr is no certificate request: {error}; update the gateway") from None


@door.get("/terminals")
def terminals():
    """The terminals assigned to this gateway, each with the key this gateway may hold."""
    keys = gateways.terminal_keys(current_app.config["DATA_DIR"], g.gateway)
    found = []
    for terminal_id, (key, following, number) in keys.items():
        row = {"terminal_id": terminal_id, "key": key.hex()}
        found.append(row | ({"next_key": following.hex(), "rotation": number} if following else {}))
    renew = gateways.renewal_due(g.gateway, current_app.config["SETTINGS"]["credential_days"], now_ms())
    return jsonify(server_ms=now_ms(), terminals=found, renew=renew)


@door.get("/commands")
def commands():
    """Every command for this gateway's terminals that is not over; from now on the gateway has them."""
    found = [
        {"command_id": one.id, "terminal_id": one.terminal_id, "verb": one.verb, "body": json.loads(one.body)}
        | {"expires_ms": one.expires_ms}
        for one in gateways.open_commands(g.gateway, now_ms())
    ]
    return jsonify(server_ms=now_ms(), commands=found)


@door.get("/offers")
def offers():
    """The images this gateway is to offer to its terminals now, and the release keys it checks them with."""
    found = [
        {"terminal_id": terminal_id, "image_id": image.image_id, "version": image.version, "sha256": image.sha256}
        | {"size": image.size, "head_size": image.head_size}
        for terminal_id, image in gateways.offers(g.gateway, now_ms())
    ]
    keys = gateways.release_keys(current_app.config["DATA_DIR"]) if found else b""
    return jsonify(server_ms=now_ms(), offers=found, keys=keys.hex())


@door.get("/images/<image_id>")
def image(image_id):
    """The bytes of an image, or the range of them that was asked for."""
    path = gateways.image_path(current_app.config["DATA_DIR"], image_id)
    if path is None:
        raise Refused("image_unknown", f"there is no image {image_id[:40]}; ask for the offers again")
    return send_file(path.absolute(), mimetype="application/octet-stream", conditional=True)


@door.post("/batches")
def batches():
    """One upload, one transaction: after the 200 the gateway may forget all of it."""
    body, now = batch.decode(_body()), now_ms()
    try:
        gateway = g.gateway
        return jsonify(commits.together(lambda: store(gateway, body, now)))
    except RecursionError:
        raise Refused("body_invalid", "something in the body is nested too deeply; update the gateway") from None


def store(gateway, body, now):
    """The answer to a decoded batch after storing it. Call it inside a transaction."""
    assigned = {terminal.terminal_id for terminal in Terminal.of(gateway)}
    blocks, refused = [], []
    for columns in body.readings:
        block, wrong = sift.sift(columns, assigned, now)
        blocks.append(block)
        refused += wrong
    appended = readings.append(blocks, gateway.id)
    gaps, wrong_gaps = sift.sift_gaps(body.gaps, assigned)
    readings.add_gaps(gaps)
    refused += wrong_gaps + _store_records(gateway, body.records, now)
    _keep_refused(gateway, refused, now)
    Gateway.update(seen_ms=now).where(Gateway.id == gateway.id).execute()
    told = [{"terminal_id": one.source_id, "seq": one.seq, "code": one.code, "error": one.error} for one in refused]
    return {"server_ms": now, "stored": appended.stored, "duplicate": appended.duplicate, "refused": told}


def _store_records(gateway, records, now):
    good, refused = sift.sift_records(records)
    for source_id, seq, kind, ts_ms, body in good:
        try:
            gateways.store(gateway, source_id, seq, kind, ts_ms, body, now)
        except ValueError as error:
            record = {"source_id": source_id, "seq": seq, "kind": kind, "ts_ms": ts_ms, "body": body}
            refused.append(sift.record_refused(record, str(error)))
    return refused


def _keep_refused(gateway, refused, now):
    readings.quarantine(gateway.gateway_id, refused, now)
    for one in refused:
        Refusal.add("A02", gateway.gateway_id, one.source_id[:64], one.code, 1, now)


def _body():
    """The unpacked body of the request. Raises Refused."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if request.mimetype != "application/json" or encoding not in ("identity", "gzip"):
        text = f"Content-Type {request.mimetype[:40]!r} with Content-Encoding {encoding[:40]!r}"
        raise Refused("body_encoding", f"{text} is neither JSON nor gzipped JSON; set both headers")
    if (request.content_length or 0) > MAX_BODY:
        raise Refused("body_oversized", f"{request.content_length} bytes, {MAX_BODY} are allowed; send smaller batches")
    raw = request.stream.read(MAX_BODY + 1)
    if len(raw) < (request.content_length or 0):
        text = f"{len(raw)} of {request.content_length} bytes came"
        raise Refused("body_truncated", f"{text}; send it again")
    body = _unzipped(raw) if encoding == "gzip" else raw
    if len(body) > MAX_BODY:
        raise Refused("body_oversized", f"more than {MAX_BODY} bytes unpacked; send smaller batches")
    return body


def _unzipped(raw):
    """At most one byte more than is allowed, so that a bomb costs no memory. Raises Refused."""
    unzip = zlib.decompressobj(wbits=31)
    try:
        body = unzip.decompress(raw, MAX_BODY + 1)
    except zlib.error as error:
        raise Refused("body_truncated", f"the compression is broken: {error}; send it again") from None
    if not unzip.eof and len(body) <= MAX_BODY:
        raise Refused("body_truncated", f"the compression ends early after {len(body)} bytes; send it again")
    return body
