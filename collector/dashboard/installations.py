"""The record of how a terminal was put up, with its photo, on the terminal's page."""

from flask import Blueprint, abort, flash, redirect, request, url_for

from collector import files, gateways
from collector.clock import now_ms
from collector.dashboard.terminals import terminal_inside
from collector.web import needs, takes_files, today
from collector.web.firmware_words import INSTALLATION_REFUSAL_WORDS
from collector.web.register_words import FILE_WORDS

pages = Blueprint("installations", __name__, url_prefix="/terminals/<terminal_id>/installations")


@pages.post("")
@needs("terminals.command")
@takes_files
def record(terminal_id):
    """Keep another record; earlier ones stay."""
    terminal, file = terminal_inside(terminal_id), request.files.get("photo")
    photo = (file.stream, file.filename) if file and file.filename else None
    try:
        gateways.record_installation(terminal, request.form, photo, today(), now_ms())
    except gateways.InstallationRefused as refused:
        flash(str(INSTALLATION_REFUSAL_WORDS[refused.code]) % {"about": refused.about}, "danger")
    except files.FileRefused as refused:
        flash(str(FILE_WORDS[refused.code]) % {"about": refused.about}, "danger")
    return redirect(url_for("terminals.one", terminal_id=terminal.terminal_id, _anchor="installations"))


@pages.get("/<int:number>/photo")
@needs("terminals.read")
def photo(terminal_id, number):
    """The photo of a record."""
    return files.sent(photo_of(terminal_id, number))


def photo_of(terminal_id, number):
    """The file of a record of a terminal inside the scope; 404 where there is none."""
    found = gateways.Installation.of(terminal_inside(terminal_id)).where(gateways.Installation.id == number).first()
    return found.file if found and found.file_id else abort(404)
