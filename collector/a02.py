"""The door for gateways: enrol, ask for terminals, upload. Routes and codes stand in docs/interfaces.md."""

import json

import msgspec
from flask import Blueprint, Response, current_app, g, jsonify, request, send_file

from collector import gateways, upload
from collector.clock import now_ms
from collector.upload import MAX_BODY, STATUS, Head, Refused

CERTIFICATE = "client_certificate_sha256"  # where the server says what a connection has shown
OPEN = ("a02.enrol", "a02.batches")  # the first needs no credential, the second looks at it by itself

door = Blueprint("a02", __name__, url_prefix=upload.PREFIX)


class _Enrolment(msgspec.Struct):
    code: str
    version: str
    csr: str


class _Renewal(msgspec.Struct):
    csr: str


@door.errorhandler(Refused)
def refuse(refused):
    """The answer to a refused request; the refusal is counted."""
    upload.count_refusal(refused.gateway_id or (g.gateway.gateway_id if "gateway" in g else ""), refused.code)
    return jsonify(code=refused.code, error=str(refused)), STATUS[refused.code]


@door.before_request
def require_gateway():
    """Every route but enrolment needs the credential of a gateway that was not revoked."""
    if request.endpoint not in OPEN:
        g.gateway = upload.admitted(_head(), current_app.config["SETTINGS"]["client_certificate"])


def _head():
    headers = request.headers
    shown = request.environ.get("asgi.scope", {}).get("state", {}).get(CERTIFICATE)
    said = (headers.get("Authorization", ""), request.mimetype, headers.get("Content-Encoding", ""))
    return Head(*said, request.content_length or 0, shown, request.remote_addr or "")


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
    head = _head()
    raw = b"" if head.length > MAX_BODY else request.stream.read(MAX_BODY + 1)
    answer = upload.answered(head, raw, current_app.config["SETTINGS"]["client_certificate"])
    return Response(answer.body, answer.status, answer.headers, mimetype=upload.JSON)


def _body():
    """The unpacked body of the request. Raises Refused."""
    head = _head()
    return upload.unpacked(head, b"" if head.length > MAX_BODY else request.stream.read(MAX_BODY + 1))
