"""One upload of a gateway, from the bytes of its request to the bytes of its answer; after the 200 it may be forgotten.

The one route on which speed matters: server.py asks here directly, the route in a02.py does the same for other servers.
"""

import logging
import zlib
from collections import namedtuple

import msgspec

from collector import audit, batch, commits, compact, db, gateways, readings, sift
from collector.clock import now_ms
from collector.errors import Away
from collector.gateways import Refusal

log = logging.getLogger("collector")

PREFIX = "/a02/v1"
PATH = f"{PREFIX}/batches"
MAX_BODY = 4 * 1024 * 1024
RETRY_S = 5
MOST_UNDER_WAY = 4  # uploads of one gateway; it has one, and the ones before it whose answer was lost
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
    "store_unavailable": 503,
    "too_many": 429,
}
JSON = "application/json"
BODIES = {JSON: batch.decode, compact.CONTENT_TYPE: compact.decode}  # of an upload, by Content-Type

# A request without its body. length: what its head says of it; shown: the SHA-256 of the certificate that this very
# connection has proved to hold, or None
Head = namedtuple("Head", ("authorization", "content_type", "encoding", "length", "shown", "address"))
Answer = namedtuple("Answer", ("status", "headers", "body"))

_encode = msgspec.json.Encoder().encode


class Refused(Exception):
    """A request that is refused whole; `code` is one of STATUS."""

    def __init__(self, code, text, gateway_id=""):
        super().__init__(text)
        self.code, self.gateway_id = code, gateway_id


def admitted(head, must_show):
    """The gateway that asks. Raises Refused."""
    scheme, _, credential = head.authorization.partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise Refused("credential_missing", "the request has no bearer credential; enrol the gateway")
    gateway, certificate = gateways.gateway_of_credential(credential.strip(), now_ms())
    if gateway is None:
        raise Refused("credential_wrong", "the credential is not known; enrol the gateway again")
    name = gateway.gateway_id
    audit.act_as(f"gateway {name}", "gateway", head.address)
    if gateway.revoked_ms is not None:
        raise Refused("credential_revoked", f"gateway {name} was revoked; ask the administrator", name)
    if must_show and (certificate is None or head.shown != certificate):
        text = "the connection does not show the certificate of this credential; enrol again"
        raise Refused("certificate_wrong", text, name)
    return gateway


def unpacked(head, raw, kinds=(JSON,)):
    """The body of a request of one of these kinds. Raises Refused."""
    encoding = head.encoding.strip().lower() or "identity"
    if head.content_type not in kinds or encoding not in ("identity", "gzip"):
        text = f"Content-Type {head.content_type[:40]!r} with Content-Encoding {encoding[:40]!r}"
        raise Refused("body_encoding", f"{text} is none of {', '.join(kinds)}, plain or gzipped; set both headers")
    if head.length > MAX_BODY:
        raise Refused("body_oversized", f"{head.length} bytes, {MAX_BODY} are allowed; send smaller batches")
    if len(raw) < head.length:
        raise Refused("body_truncated", f"{len(raw)} of {head.length} bytes came; send it again")
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


def answered(head, raw, must_show):
    """The Answer to an upload; what it brings is stored, and on the disk."""
    audit.act_as("nobody", "", head.address)
    gateway_id = ""
    try:
        db.connect()
        gateway = admitted(head, must_show)
        gateway_id = gateway.gateway_id
        body, now = BODIES.get(head.content_type, batch.decode)(unpacked(head, raw, BODIES)), now_ms()
        if readings.elsewhere():
            arrivals, _refused = sift.sift(body.readings, gateway.carries(batch.terminal_ids(body)), now)
            readings.ahead(arrivals)
        said = commits.together(lambda: store(gateway, body, now))
        headers = {"Accept-Post": ", ".join(BODIES)}
        return Answer(200, headers, _encode(said))
    except Refused as refused:
        return _refusal(refused.code, refused, refused.gateway_id or gateway_id)
    except batch.BodyRefused as refused:
        return _refusal(refused.code, refused, gateway_id)
    except RecursionError:
        text = "something in the body is nested too deeply; update the gateway"
        return _refusal("body_invalid", text, gateway_id)
    except Away as error:
        log.warning("an upload of gateway %s waits: %s", gateway_id, error)
        return _unavailable(error)
    except db.errors() as error:
        log.exception("an upload of gateway %s could not be stored", gateway_id)
        return _unavailable(f"the database: {error}")


def _unavailable(text):
    said = {"code": "store_unavailable", "error": f"{text}; nothing was stored, send it again"}
    return Answer(STATUS["store_unavailable"], {"Retry-After": str(RETRY_S)}, _encode(said))


def too_many():
    """The Answer to one upload more of a gateway than MOST_UNDER_WAY. Not counted: a flood is to cost little."""
    text = f"{MOST_UNDER_WAY} uploads of this gateway are under way; send one at a time, this one again later"
    return Answer(STATUS["too_many"], {"Retry-After": "1"}, _encode({"code": "too_many", "error": text}))


def _refusal(code, text, gateway_id):
    count_refusal(gateway_id, code)
    return Answer(STATUS[code], {}, _encode({"code": code, "error": str(text)}))


def count_refusal(gateway_id, code):
    """Note that a request was refused."""
    with db.write():
        Refusal.add("A02", gateway_id, "", code, 1, now_ms())


def store(gateway, body, now):
    """What is said about a decoded batch after storing it. Call it inside a transaction."""
    assigned = gateway.carries(batch.terminal_ids(body))
    arrivals, refused = sift.sift(body.readings, assigned, now)
    appended = readings.take(arrivals, gateway.id)
    gaps, wrong_gaps = sift.sift_gaps(body.gaps, assigned)
    readings.add_gaps(gaps)
    refused += wrong_gaps + _store_records(gateway, body.records, now)
    _keep_refused(gateway, refused, now)
    gateway.seen(now)
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
