"""The documents and photos of a piece of equipment: adding, handing out, removing."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext

from collector import audit, files
from collector.clock import now_ms
from collector.equipment.documents import add_document, remove_document
from collector.equipment.models import OF_BUYING_KINDS, Document, Equipment
from collector.errors import ActionError
from collector.web import may, needs, scope, takes_files
from collector.web.register_words import FILE_WORDS

pages = Blueprint("documents", __name__, url_prefix="/register/<int:equipment_id>/documents")


@pages.post("")
@takes_files
@needs("equipment.write")
def add(equipment_id):
    """Add one or several files of one kind; each is taken or refused by itself."""
    equipment = Equipment.seen(scope(), equipment_id) or abort(404)
    brought = [one for one in request.files.getlist("file") if one.filename]
    if not brought:
        flash(gettext("Choose a file first."), "danger")
    for one in brought:
        try:
            kind, about = request.form.get("kind", ""), request.form.get("about", "")
            add_document(equipment, one.stream, one.filename, kind, about, now_ms())
        except files.FileRefused as refused:
            why = str(FILE_WORDS[refused.code]) % {"about": refused.about}
            flash(f"{one.filename[:80]}: {why}", "danger")
        except ActionError:
            flash(gettext("Choose what the file is."), "danger")
    return redirect(url_for("register.one", equipment_id=equipment.id, _anchor="documents"))


@pages.get("/<int:document_id>")
@needs("equipment.read")
def show(equipment_id, document_id):
    """A photo to look at, anything else to save."""
    document = _seen(equipment_id, document_id)
    if document.file.kind not in files.PHOTOS:
        audit.note("document.read", f"equipment {document.equipment.asset_number}", after={"file": document.file.name})
    return files.sent(document.file)


@pages.post("/<int:document_id>/remove")
@needs("equipment.write")
def remove(equipment_id, document_id):
    """Remove one, for a reason."""
    try:
        remove_document(_seen(equipment_id, document_id), request.form.get("why", ""), now_ms())
    except ActionError:
        flash(gettext("Not removed: write a reason."), "danger")
    return redirect(url_for("register.one", equipment_id=equipment_id, _anchor="documents"))


def _seen(equipment_id, document_id):
    """The Document inside the scope of who asks; one about buying only for who keeps the register."""
    equipment = Equipment.seen(scope(), equipment_id) or abort(404)
    hidden = () if may("equipment.write") else OF_BUYING_KINDS
    return Document.there(equipment, hidden).where(Document.id == document_id).first() or abort(404)
