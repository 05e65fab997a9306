"""The label of a terminal, read from a picture or as somebody typed it, and the terminal it names."""

import zxingcpp

from collector import files, gateways
from collector.equipment.models import Binding
from collector.errors import ActionError
from firmware.protocol import label

SAID_MOST = 60
EDGES = (0, 1600, 800)  # pixels of the longer side, 0: as it is; what is out of focus is read better when smaller


class LabelRefused(ActionError):
    """No terminal can be bound by this; `code`: a key of LABEL_WORDS in web/register_words.py; `about`: which."""

    def __init__(self, code, about=""):
        super().__init__(f"the label leads to no terminal that can be bound: {code} {about}; take another picture")
        self.code, self.about = code, about[:SAID_MOST]


def id_in_picture(stream):
    """The terminal id of the only label of ours in a picture, a binary stream. Raises LabelRefused."""
    try:
        picture = files.picture(stream)
    except files.FileRefused as error:
        raise LabelRefused("picture") from error
    texts = _texts(picture)
    ours = [text for text in texts if label.is_label(text)]
    if len(ours) > 1:
        raise LabelRefused("several", ", ".join(text.split(":")[1] for text in ours))
    if texts and not ours:
        raise LabelRefused("foreign", texts[0])
    if not ours:
        raise LabelRefused("none")
    return _id(ours[0])


def _texts(picture):
    """What the QR codes of a picture say, each once, at the first size at which one is read."""
    for edge in EDGES:
        seen = picture.copy()
        if edge:
            seen.thumbnail((edge, edge))
        found = zxingcpp.read_barcodes(seen, formats=zxingcpp.BarcodeFormat.QRCode)
        if found:
            return sorted({code.text for code in found})
    return []


def id_typed(text):
    """The terminal id of what somebody typed: the whole code, `ct-01:95`, or the bare id. Raises LabelRefused."""
    text = text.strip()
    if ":" not in text:
        return text
    return _id(text if label.is_label(text) else f"{label.PREFIX}:{text}")


def _id(text):
    try:
        return label.id_in(text)
    except ValueError as error:
        raise LabelRefused("misread") from error


def bindable(terminal_id, scope, now_ms):
    """The bindings of a terminal that hold now, all of them inside the scope of who asks. Raises LabelRefused."""
    terminal = gateways.Terminal.get_or_none(gateways.Terminal.terminal_id == terminal_id)
    if terminal is None:
        raise LabelRefused("unknown", terminal_id)
    if terminal.revoked_ms is not None:
        raise LabelRefused("revoked", terminal_id)
    if not Binding.is_free(terminal_id, scope, now_ms):
        raise LabelRefused("elsewhere", terminal_id)
    return [one for one in Binding.of_terminal(terminal_id) if one.to_ms is None or one.to_ms > now_ms]
