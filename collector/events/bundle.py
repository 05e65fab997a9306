"""All there is of an event in one ZIP that is signed: whoever holds the public key sees whether it is as it was made.

manifest.json names each member with its bytes and its SHA-256; signature.json is a signed head of the audit's chain
(audit/heads.py) that says the SHA-256 of the manifest. So it is bound to a number of the audit, too.
"""

import csv
import hashlib
import io
import json
import time
import zipfile
import zlib
from collections import namedtuple

import msgspec

from collector import audit, files, readings
from collector.audit import heads
from collector.equipment import Binding
from collector.errors import ActionError
from collector.events.drawing import AROUND_MS
from collector.events.models import Step
from collector.events.recordings import files_of
from firmware.protocol.channels import BY_NAME

MANIFEST, SIGNATURE, PIECE = "manifest.json", "signature.json", 256 * 1024
READINGS_MOST_MS = 7 * 86_400_000
OUTSIDE, END, END_MARK = "bytes around the members", 22, b"PK\x05\x06"
WHATS = ("unreadable", "unsigned", "manifest", "missing", "changed", "added")

Fault = namedtuple("Fault", ("what", "name"))  # what: one of WHATS; name: of the member


def write(event, whole, messages, paper, out, now_ms):
    """Write the ZIP of an Event into a binary file. Raises ActionError for a file that is not as it was brought.

    whole: what /api/v1 says of it; messages: [Notification]; paper: its report as PDF.
    """
    listed = []
    with zipfile.ZipFile(out, "w") as packed:
        for name, pieces in _members(event, whole, messages, paper, now_ms):
            listed.append(_add(packed, name, pieces))
        about = {"event": event.id, "made_ms": now_ms, "made_by": audit.acting().name, "members": listed}
        manifest = json.dumps(about, ensure_ascii=False, indent=1).encode()
        packed.writestr(MANIFEST, manifest)
        packed.writestr(SIGNATURE, json.dumps(audit.attested(hashlib.sha256(manifest).hexdigest(), now_ms)))


def _members(event, whole, messages, paper, now_ms):
    """(name, an iterable of bytes) of each member."""
    yield "report.pdf", [paper]
    yield "event.json", [msgspec.json.format(msgspec.json.encode(whole), indent=1)]
    yield "messages.json", [json.dumps(list(map(_message, messages)), ensure_ascii=False, indent=1).encode()]
    yield "readings.csv", readings_of(event, now_ms)
    rows = audit.rows_of(record=f"event {event.id}").order_by(audit.AuditRow.number)
    yield "audit.jsonl", (line.encode() for line in audit.export(rows, now_ms))
    for file in (file for step in event.steps.order_by(Step.id) for file in files_of(step)):
        yield f"files/{file.id}.{files.KINDS[file.kind].ending}", _content(file)


def _message(one):
    said = {"recipient": one.recipient.name, "kind": one.recipient.kind, "title": one.title, "text": one.text}
    return said | {name: getattr(one, name) for name in ("state", "made_ms", "sent_ms", "attempts", "result")}


def span_of(event, now_ms):
    """(first, last) instants of the readings around an event; a long one's first days."""
    first_ms = event.began_ms - AROUND_MS
    return first_ms, min((event.cleared_ms or now_ms) + AROUND_MS, now_ms, first_ms + READINGS_MOST_MS)


def measured_of(event, now_ms):
    """[(terminal, channel, first and last instant)] of what was measured of an event's equipment around it."""
    first_ms, last_ms = span_of(event, now_ms)
    if event.equipment_id is None:
        return [(event.subject, channel, first_ms, last_ms) for channel in json.loads(event.context).get("values", {})]
    return [
        (one.terminal_id, channel, max(first_ms, one.from_ms), min(last_ms, one.to_ms or last_ms))
        for one in Binding.within(event.equipment, first_ms, last_ms)
        for channel in one.channels
    ]


def readings_of(event, now_ms):
    """Lines of a CSV file: every valid reading of every terminal of its equipment around it, by channel."""
    yield _line("ts_ms", "terminal_id", "channel", "unit", "mean")
    for terminal_id, channel, *span in measured_of(event, now_ms):
        unit = BY_NAME[channel].unit
        for point in readings.series(terminal_id, channel, *span, 1):
            yield _line(point.ts_ms, terminal_id, channel, unit, f"{point.mean:.6g}")


def _line(*cells):
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


def _content(file):
    """The bytes of a File. Raises ActionError when they are gone, or not those that were brought."""
    seen = hashlib.sha256()
    try:
        with files.open(file) as content:
            while piece := content.read(PIECE):
                seen.update(piece)
                yield piece
    except FileNotFoundError:
        raise ActionError(f"file {file.id} of the event is gone; `python -m collector check` names all such") from None
    if seen.hexdigest() != file.sha256:
        raise ActionError(f"file {file.id} of the event is not what was brought; look at the disk, then restore")


def _add(packed, name, pieces):
    """Write a member; what the manifest says of it."""
    digest, size = hashlib.sha256(), 0
    about = zipfile.ZipInfo(name, time.gmtime()[:6])
    about.compress_type = zipfile.ZIP_STORED if name.startswith("files/") else zipfile.ZIP_DEFLATED
    with packed.open(about, "w", force_zip64=True) as member:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            member.write(piece)
    return {"name": name, "bytes": size, "sha256": digest.hexdigest()}


def faults(path, public):
    """[Fault] of a bundle: where it is not as the holder of this public key made it. Nothing is unpacked to disk."""
    try:
        with zipfile.ZipFile(path) as packed:
            return _faults(packed, public)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        return [Fault("unreadable", str(error)[:200])]


def _faults(packed, public):
    names = packed.namelist()
    if names.count(MANIFEST) != 1 or names.count(SIGNATURE) != 1:
        return [Fault("unsigned", SIGNATURE)]
    try:
        head, manifest = json.loads(_small(packed, SIGNATURE)), _small(packed, MANIFEST)
        listed = {one["name"]: one for one in json.loads(manifest)["members"]}
    except (ValueError, TypeError, KeyError):
        return [Fault("unsigned", SIGNATURE)]
    if not isinstance(head, dict) or not heads.is_genuine(head, public):
        return [Fault("unsigned", SIGNATURE)]
    if head["sha256"] != hashlib.sha256(manifest).hexdigest():
        return [Fault("manifest", MANIFEST)]
    found = [Fault("added", OUTSIDE)] if _is_wrapped(packed) else []
    found += [Fault("missing", name) for name in listed if name not in names]
    found += [Fault("changed", name) for name in listed if name in names and not _is_as_listed(packed, listed[name])]
    others = [name for name in names if name not in listed and name not in (MANIFEST, SIGNATURE)]
    twice = [name for name in listed if names.count(name) > 1]
    return found + [Fault("added", name) for name in others + twice]


def _is_wrapped(packed):
    """Whether something stands before the first member, or behind the last of what makes a ZIP."""
    first = min(one.header_offset for one in packed.infolist())
    packed.fp.seek(-END, io.SEEK_END)
    return first > 0 or bool(packed.comment) or packed.fp.read(4) != END_MARK


def _small(packed, name):
    with packed.open(name) as member:
        return member.read(4 * 1024 * 1024)


def _is_as_listed(packed, listed):
    digest, size = hashlib.sha256(), 0
    try:
        with packed.open(listed["name"]) as member:
            while size <= listed["bytes"] and (piece := member.read(PIECE)):
                digest.update(piece)
                size += len(piece)
    except (zipfile.BadZipFile, EOFError, zlib.error):
        return False
    return size == listed["bytes"] and digest.hexdigest() == listed["sha256"]
