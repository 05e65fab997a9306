"""Words of the register's pages: documents, labels, what is wrong with them."""

from flask_babel import lazy_gettext as _l

DOCUMENT_WORDS = {
    "photo": _l("Photo"),
    "manual": _l("Manual"),
    "licence": _l("Configuration licence"),
    "acceptance": _l("Acceptance report"),
    "certificate": _l("Certificate"),
    "contract": _l("Contract or invoice"),
    "other": _l("Other document"),
}

FILE_WORDS = {
    "empty": _l("The file is empty."),
    "type": _l("The file is none of these by its content: %(about)s."),
    "size": _l("The file has more than %(about)s MB."),
    "picture": _l("The picture is broken or has too many pixels."),
    "cut": _l("The recording is cut: its end is missing."),
    "program": _l("The document holds a program (macros). Save it without."),
    "full": _l("There is no room left for files. Ask an administrator."),
}

LABEL_WORDS = {
    "picture": _l("The file is no picture, or a broken one. Take another."),
    "none": _l("There is no code in the picture. Go nearer, hold still, see that the label is lit and flat."),
    "foreign": _l("The code is not that of a terminal; it says %(about)s."),
    "misread": _l("The label was misread: its check digits do not fit. Take another picture."),
    "several": _l("There are several terminals in the picture: %(about)s. Take one label at a time."),
    "unknown": _l("No terminal %(about)s is registered here. It has to be provisioned first."),
    "revoked": _l("The terminal %(about)s is revoked and cannot be bound."),
    "elsewhere": _l("The terminal %(about)s is bound to equipment that you do not see. Ask who looks after that one."),
    "here": _l("The terminal %(about)s is bound to this equipment already, with these channels and at this place."),
}

GROUP_WORDS = {
    "all": _l("all channels"),
    "surroundings": _l("surroundings (temperature, humidity)"),
    "supply": _l("supply (current, voltage, cooling and the rest)"),
}


def init(app):
    """Let templates use these words."""
    app.jinja_env.globals.update(DOCUMENT_WORDS=DOCUMENT_WORDS, GROUP_WORDS=GROUP_WORDS)
