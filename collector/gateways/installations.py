"""How a terminal was put up: when, where its clamp sits and on which phase, with a photo; each record stays."""

from datetime import date

from collector import audit, db, files
from collector.errors import ActionError
from collector.gateways.models import Installation

PHASES = ("L1", "L2", "L3", "whole", "none")  # whole: a cable of all phases, which a clamp cannot read; none: no clamp
TEXT_MOST = 300
REFUSALS = {  # code -> what is told; pages have their own words for it
    "day": "{about!r} is no day up to today; write it as 2026-03-01",
    "clamp": "say in 1 to 300 characters where the clamp or the sensor sits",
    "phase": "{about!r} is no phase; take one of " + ", ".join(PHASES),
    "photo": "record {about} has a photo, which stays; make another record",
    "note": "the note has {about} characters, 300 are taken",
}


class InstallationRefused(ActionError):
    """A record is not kept; `code` is one of REFUSALS, `about` the value it is about."""

    def __init__(self, code, about=""):
        super().__init__(REFUSALS[code].format(about=about))
        self.code, self.about = code, about


def record_installation(terminal, said, photo, today, now_ms):
    """The new Installation of a Terminal. Raises InstallationRefused, and FileRefused for the photo.

    said: {"installed_on", "clamp", "phase", "note"} as texts; photo: (binary stream, name), or None.
    """
    about = _checked(said, today)
    with db.write():
        file = files.keep(*photo, files.PHOTOS, now_ms) if photo else None
        made = Installation.create(terminal=terminal, file=file, actor=audit.acting().name, ts_ms=now_ms, **about)
        told = about | ({"photo": file.name} if file else {})
        audit.note("terminal.install", f"terminal {terminal.terminal_id}", after=told)
        return made


def add_photo(installation, stream, name, now_ms):
    """Give an Installation that has none its photo. Raises InstallationRefused, FileRefused."""
    with db.write():
        if Installation.get_by_id(installation.id).file_id is not None:
            raise InstallationRefused("photo", installation.id)
        file = files.keep(stream, name, files.PHOTOS, now_ms)
        Installation.update(file=file).where(Installation.id == installation.id).execute()
        record = f"terminal {installation.terminal.terminal_id}"
        audit.note("terminal.install_photo", record, after={"record": installation.id, "photo": file.name})


def _checked(said, today):
    about = {name: said.get(name, "").strip() for name in ("installed_on", "clamp", "phase", "note")}
    try:
        is_past = date(2000, 1, 1) <= date.fromisoformat(about["installed_on"]) <= today
    except ValueError:
        is_past = False
    if not is_past:
        raise InstallationRefused("day", about["installed_on"][:20])
    if not 0 < len(about["clamp"]) <= TEXT_MOST:
        raise InstallationRefused("clamp")
    if about["phase"] not in PHASES:
        raise InstallationRefused("phase", about["phase"][:20])
    if len(about["note"]) > TEXT_MOST:
        raise InstallationRefused("note", len(about["note"]))
    return about
