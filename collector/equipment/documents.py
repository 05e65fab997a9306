"""Documents and photos of equipment: added, shown to who may see them, removed with a reason."""

from collector import audit, db, files
from collector.equipment.models import DOCUMENT_KINDS, Document
from collector.errors import ActionError

ABOUT_MOST = 200


def add_document(equipment, stream, name, kind, about, now_ms):
    """The new Document of a binary stream. Raises FileRefused, and ActionError for an unknown kind.

    Every kind takes what documents and photos are made of; what it is says the content (collector/files).
    """
    if kind not in DOCUMENT_KINDS:
        raise ActionError(f"the kind {kind[:40]!r} is not known; take one of {', '.join(DOCUMENT_KINDS)}")
    about = " ".join(about.split())[:ABOUT_MOST]
    with db.write():
        kept = files.keep(stream, name, files.DOCUMENTS, now_ms)
        said = {"kind": kind, "about": about, "file": kept.name}
        audit.note("document.add", f"equipment {equipment.asset_number}", after=said)
        return Document.create(equipment=equipment, file=kept, kind=kind, about=about)


def remove_document(document, why, now_ms):
    """Let go of a Document; that it was there, and why it went, stays. Raises ActionError without a reason."""
    why = " ".join(why.split())[:ABOUT_MOST]
    if not why:
        raise ActionError("a document is removed for a reason; write it")
    with db.write():
        files.drop(document.file, now_ms)
        said = {"kind": document.kind, "file": document.file.name}
        audit.note("document.remove", f"equipment {document.equipment.asset_number}", said, {"reason": why})
        Document.update(removed_by=audit.acting().name, why=why).where(Document.id == document.id).execute()
