"""/api/v1/equipment/N/documents: documents and photos, brought as bytes, handed out as they are kept."""

import io
from typing import Literal

from flask import abort
from msgspec import Struct

from collector import api, audit, files
from collector.clock import now_ms
from collector.equipment.documents import add_document, remove_document
from collector.equipment.models import DOCUMENT_KINDS, OF_BUYING_KINDS, Document, Equipment
from collector.web import may, needs, scope
from collector.web.problems import of_bytes


class DocumentTold(Struct):
    """A file of an equipment; media: what its content is."""

    id: int
    kind: Literal[DOCUMENT_KINDS]
    about: str
    name: str
    media: str
    bytes: int
    sha256: str
    actor: str
    kept_ms: int


class DocumentAsked(Struct):
    """What the bytes of the body are."""

    name: api.FileName
    kind: Literal[DOCUMENT_KINDS]
    about: api.Text = ""


class DocumentRemoved(Struct):
    """Why a document goes."""

    reason: api.Line


door = api.room("documents")


@door.get("/equipment/<int:equipment_id>/documents")
@needs("equipment.read")
@api.speaks(list[DocumentTold])
def documents(equipment_id):
    """Documents and photos of an equipment; those about buying for who keeps the register."""
    return [_told(one) for one in Document.there(_equipment(equipment_id), _hidden())]


@door.post("/equipment/<int:equipment_id>/documents")
@needs("equipment.write")
@api.speaks(DocumentTold, status=201, asks=DocumentAsked, takes=(api.BYTES,))
def add(equipment_id, asked, body):
    """Add one file: JPEG, PNG, WebP, PDF, DOCX or XLSX, told by its content."""
    try:
        stream = io.BytesIO(body)
        made = add_document(_equipment(equipment_id), stream, asked.name, asked.kind, asked.about, now_ms())
    except files.FileRefused as refused:
        raise of_bytes(refused) from refused
    return _told(made)


@door.get("/equipment/<int:equipment_id>/documents/<int:document_id>")
@needs("equipment.read")
@api.speaks(api.BYTES)
def content(equipment_id, document_id):
    """The bytes of one."""
    found = _seen(equipment_id, document_id)
    audit.note("document.read", f"equipment {found.equipment.asset_number}", after={"file": found.file.name})
    answer = files.sent(found.file, to_save=True)
    answer.mimetype = api.BYTES
    return answer


@door.post("/equipment/<int:equipment_id>/documents/<int:document_id>/remove")
@needs("equipment.write")
@api.speaks(None, status=204, takes=DocumentRemoved)
def remove(equipment_id, document_id, body):
    """Let go of one; that it was there, and why it went, stays."""
    remove_document(_seen(equipment_id, document_id), body.reason, now_ms())


def _told(one):
    file = one.file
    kept = (file.name, files.KINDS[file.kind].media, file.bytes, file.sha256, file.actor, file.kept_ms)
    return DocumentTold(one.id, one.kind, one.about, *kept)


def _hidden():
    return () if may("equipment.write") else OF_BUYING_KINDS


def _equipment(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)


def _seen(equipment_id, document_id):
    asked = Document.there(_equipment(equipment_id), _hidden())
    return asked.where(Document.id == document_id).first() or abort(404)
